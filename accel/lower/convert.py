"""Values of one kind as values of a wider kind: members into unions, ints into floats, floats into complex numbers."""

from __future__ import annotations

from accel.lower.joined_arrays import settle_view, standing_of
from accel.lower.layout import Value, components, member_positions
from accel.lower.text import Emitter, float_text
from accel.lower.vector_lanes import convert_mask
from accel.types.kinds import Array, Bool, Complex, Float, Int, Kind, Never, Tuple, Union, Vector

__all__ = ["as_complex", "as_float", "as_int", "convert_value", "float_literal", "int_literal", "zero_value"]

_ZEROS = {"double": "0.0", "float": "0.0", "half": "0xH0000", "i1": "false", "ptr": "null"}


def int_literal(operand: str) -> int | None:
    """The number an i64 operand is written as, None if it is not known while compiling.

    >>> int_literal("-3"), int_literal("%v1")
    (-3, None)
    """
    return int(operand) if operand.removeprefix("-").isdigit() else None


def float_literal(operand: str) -> float | None:
    """The number a double operand is written as, None if it is not known while compiling."""
    if operand.startswith("0x") and len(operand) == 18:
        import struct

        value: float = struct.unpack("<d", struct.pack("<Q", int(operand, 16)))[0]
        return value
    return None


def zero_value(kind: Kind) -> Value:
    """Operands that stand where no value arrives: of arms that never end, of slots another member uses."""
    return tuple(_ZEROS.get(type_, "zeroinitializer" if type_[0] == "<" else "0") for type_ in components(kind))


def as_int(e: Emitter, kind: Kind, value: Value) -> str:
    """The i64 of an `Int` or a `Bool`."""
    if isinstance(kind, Int):
        return value[0]
    assert isinstance(kind, Bool), kind
    if value[0] in ("true", "false"):
        return "1" if value[0] == "true" else "0"
    return e.value(f"zext i1 {value[0]} to i64")


def as_float(e: Emitter, kind: Kind, value: Value) -> str:
    """The double nearest to an `Int`, `Bool` or `Float` (ties to even, as `float(x)`)."""
    if isinstance(kind, Float):
        return value[0]
    if isinstance(kind, Bool):
        if value[0] in ("true", "false"):
            return float_text(1.0 if value[0] == "true" else 0.0)
        return e.value(f"uitofp i1 {value[0]} to double")
    assert isinstance(kind, Int), kind
    known = int_literal(value[0])
    return float_text(float(known)) if known is not None else e.value(f"sitofp i64 {value[0]} to double")


def as_complex(e: Emitter, kind: Kind, value: Value) -> tuple[str, str]:
    """Real and imaginary part; CPython up to 3.13 gives a real operand the imaginary part 0.0 before it computes."""
    if isinstance(kind, Complex):
        return (value[0], value[1])
    return (as_float(e, kind, value), float_text(0.0))


def convert_value(e: Emitter, source: Kind, target: Kind, value: Value) -> Value:
    """A value of kind `source` as a value of the wider kind `target` (what `join_kinds` made of it).

    The value stays what it is: an `Int` that becomes an `Int | Float` is still an int.
    """
    if source == target:
        return value
    if isinstance(source, Never):
        return zero_value(target)
    if isinstance(target, Union):
        return _union_to_union(e, source, target, value) if isinstance(source, Union) else _into_union(source, target, value)
    if isinstance(source, Tuple) and isinstance(target, Tuple):
        parts: list[str] = []
        at = 0
        for found, wanted in zip(source.items, target.items, strict=True):
            width = len(components(found))
            parts += convert_value(e, found, wanted, value[at : at + width])
            at += width
        return tuple(parts)
    if isinstance(source, Array) and isinstance(target, Array) and standing_of(source) > standing_of(target):
        return settle_view(e, source, value)
    if isinstance(source, Vector) and isinstance(target, Vector):
        return convert_mask(e, source, target, value)
    assert components(source) == components(target), f"{source} can't become {target}"
    return value


def _into_union(source: Kind, target: Union, value: Value) -> Value:
    made = [str(target.members.index(source)), *zero_value(target)[1:]]
    for position, part in zip(member_positions(target, source), value, strict=True):
        made[position] = part
    return tuple(made)


def _union_to_union(e: Emitter, source: Union, target: Union, value: Value) -> Value:
    """Each slot is chosen by the old tag: a few selects, no branches."""
    types, made = components(target), list(zero_value(target))
    for old, member in enumerate(source.members):
        parts = [value[p] for p in member_positions(source, member)]
        wanted = _into_union(member, target, tuple(parts))
        if old == 0:
            made = list(wanted)
            continue
        is_member = e.value(f"icmp eq i8 {value[0]}, {old}")
        used = {0, *member_positions(target, member)}
        for position, (type_, part) in enumerate(zip(types, wanted, strict=True)):
            if position in used and part != made[position]:
                made[position] = e.select(is_member, type_, part, made[position])
    return tuple(made)
