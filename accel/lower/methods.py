"""Attributes and methods of numbers in machine code; the kinds are those of `accel.types.methods`."""

from __future__ import annotations

from accel.lower.convert import as_int, zero_value
from accel.lower.floats import fabs
from accel.lower.layout import Value, components
from accel.lower.text import Emitter
from accel.types.kinds import Bool, Float, Int, Kind, Scalar
from accel.types.methods import instance_answer, member_kind

__all__ = ["emit_instance", "emit_member", "emit_view"]

_INF = "0x7FF0000000000000"


def emit_instance(kinds: tuple[Kind, ...]) -> Value:
    """`isinstance(x, classes)`, which the kinds decide."""
    return ("true" if instance_answer(kinds[0], kinds[1]) else "false",)


def emit_view(e: Emitter, kinds: tuple[Kind, ...], value: Value) -> Value:
    """`x.view(numpy.uint32)`: the bits of a number as another one."""
    made = member_kind("method.view", kinds)
    assert made is not None
    old, new = components(kinds[0])[0], components(made)[0]
    return value if old == new else (e.value(f"bitcast {old} {value[0]} to {new}"),)


def emit_member(e: Emitter, name: str, kind: Kind, value: Value) -> Value:
    """ "attribute.real" or "method.conjugate" and the like."""
    what, _, member = name.partition(".")
    if isinstance(kind, (Int, Bool)):
        return (_of_int(e, member, as_int(e, kind, value)),)
    if what == "attribute":
        return _attribute(kind, member, value)
    match member:
        case "conjugate" | "conj":
            if len(value) == 1:
                return value
            return (value[0], e.value(f"fneg {components(kind)[1]} {value[1]}"))
        case "item":
            return _item(e, kind, value)
    assert member == "is_integer", name
    return (_is_integer(e, kind, value),)


def _of_int(e: Emitter, member: str, number: str) -> str:
    match member:
        case "imag":
            return "0"
        case "denominator":
            return "1"
        case "is_integer":
            return "true"
        case "bit_length" | "bit_count":
            size = e.call("i64", "llvm.abs.i64", f"i64 {number}", "i1 false")  # of the smallest int: 2^63, unsigned
            if member == "bit_count":
                return e.call("i64", "llvm.ctpop.i64", f"i64 {size}")
            return e.value(f"sub i64 64, {e.call('i64', 'llvm.ctlz.i64', f'i64 {size}', 'i1 false')}")
    return number


def _attribute(kind: Kind, member: str, value: Value) -> Value:
    match member:
        case "real":
            return value[:1]
        case "imag":
            return value[1:] or zero_value(kind)
        case "ndim":
            return ("0",)
        case "size":
            return ("1",)
        case "shape":
            return ()
    assert isinstance(kind, Scalar)
    return (str(kind.dtype.size_bytes),)


def _item(e: Emitter, kind: Kind, value: Value) -> Value:
    """A NumPy scalar as a number of Python's."""
    assert isinstance(kind, Scalar)
    type_, family = components(kind)[0], kind.dtype.family
    if family in "fc":
        return tuple(e.value(f"fpext {type_} {part} to double") if type_ != "double" else part for part in value)
    if family == "b":
        return value
    if kind.dtype.bits < 64:
        return (e.value(f"{'s' if family == 'i' else 'z'}ext {type_} {value[0]} to i64"),)
    if family == "u":
        e.exit_if(e.value(f"icmp slt i64 {value[0]}, 0"))
    return value


def _is_integer(e: Emitter, kind: Kind, value: Value) -> str:
    """Whether a float is finite and has no fraction."""
    if isinstance(kind, Scalar) and kind.dtype.family in "iu":
        return "true"
    number = value[0] if isinstance(kind, Float) else _item(e, kind, value)[0]
    whole = e.value(f"fcmp oeq double {e.call('double', 'llvm.trunc.f64', f'double {number}')}, {number}")
    finite = e.value(f"fcmp one double {fabs(e, number)}, {_INF}")
    return e.value(f"and i1 {whole}, {finite}")
