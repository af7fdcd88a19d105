"""Functions of NumPy scalars in machine code; see `accel.types.ufuncs` for which."""

from __future__ import annotations

from accel.lower.layout import Value, components, element_type
from accel.lower.numpy_casts import emit_cast, emit_truth_of
from accel.lower.numpy_floats import suffix_of
from accel.lower.numpy_integers import emit_integer_abs
from accel.lower.text import Emitter, float_text
from accel.types.kinds import Float, Kind, Scalar
from accel.types.ufuncs import PREDICATES, constructed_char, plain_kind

__all__ = ["emit_function"]


def emit_function(e: Emitter, name: str, kinds: tuple[Kind, ...], values: list[Value]) -> Value:
    """Call the function `name`; the components of the kind `accel.types.ufuncs.function_kind` promises."""
    module, _, function = name.partition(".")
    if constructed_char(name):
        wraps = isinstance(kinds[0], Scalar)
        return emit_cast(e, kinds[0], values[0], constructed_char(name), wrap=wraps)
    if module == "numpy":
        return (_ufunc(e, function, kinds[0], values[0][0]),)
    if name in ("builtins.min", "builtins.max"):
        return _select(e, "<" if function == "min" else ">", kinds, values)
    if module == "builtins":
        return _builtin(e, function, kinds[0], values[0])
    if module == "attribute":
        return _part(kinds[0], function, values[0])
    from accel.lower import functions

    plain = [_plain(e, k, v) for k, v in zip(kinds, values, strict=True)]
    return functions.emit_function(e, name, tuple(k for k, _ in plain), [v for _, v in plain])


def _part(kind: Kind, function: str, value: Value) -> Value:
    if len(value) == 2:
        return value[:1] if function == "real" else value[1:]
    zero = float_text(0.0, components(kind)[0]) if isinstance(kind, Scalar) and kind.dtype.family == "f" else "0"
    if isinstance(kind, Scalar) and kind.char == "?":
        zero = "false"
    return value if function == "real" else (zero,)


def _plain(e: Emitter, kind: Kind, value: Value) -> tuple[Kind, Value]:
    """A NumPy scalar as the Python number a function of `math` makes of it."""
    made = plain_kind(kind)
    assert made is not None
    if not isinstance(kind, Scalar):
        return kind, value
    return made, _builtin(e, "float" if isinstance(made, Float) else "int", kind, value)


def _ufunc(e: Emitter, function: str, kind: Kind, x: str) -> str:
    """A ufunc of one float."""
    type_ = element_type(kind.char) if isinstance(kind, Scalar) else "double"
    suffix = suffix_of(type_)
    size = e.call(type_, f"llvm.fabs.{suffix}", f"{type_} {x}")
    infinity = float_text(float("inf"))
    if function in PREDICATES:
        if function == "signbit":
            bits = "i32" if type_ == "float" else "i64"
            return e.value(f"icmp slt {bits} {e.value(f'bitcast {type_} {x} to {bits}')}, 0")
        tests = {"isnan": f"fcmp uno {type_} {x}, {x}", "isinf": f"fcmp oeq {type_} {size}, {infinity}"}
        return e.value(tests.get(function, f"fcmp olt {type_} {size}, {infinity}"))
    if function in ("fabs", "absolute"):
        return size
    if function == "negative":
        return e.value(f"fneg {type_} {x}")
    if function == "sqrt":  # of a negative number: an invalid value, which NumPy warns about
        e.exit_if(e.value(f"fcmp olt {type_} {x}, 0.0"))
    return e.call(type_, f"llvm.{function}.{suffix}", f"{type_} {x}")


def _select(e: Emitter, symbol: str, kinds: tuple[Kind, ...], values: list[Value]) -> Value:
    """The first smallest (or largest), as CPython picks it: a later one must compare as better."""
    from accel.lower.operators import emit_compare

    best = values[0]
    for kind, value in zip(kinds[1:], values[1:], strict=True):
        better = emit_compare(e, symbol, kind, kinds[0], value, best)[0]
        best = tuple(e.select(better, t, a, b) for t, a, b in zip(components(kind), value, best, strict=True))
    return best


def _builtin(e: Emitter, function: str, kind: Kind, value: Value) -> Value:
    assert isinstance(kind, Scalar)
    family, type_ = kind.dtype.family, element_type(kind.char)
    match function:
        case "bool":
            return (emit_truth_of(e, kind.char, value),)
        case "complex":
            return emit_cast(e, kind, value, "D")
        case "float":
            return emit_cast(e, kind, value, "d")
        case "int":
            return _int(e, kind, value)
        case "abs" if family == "f":
            return (e.call(type_, f"llvm.fabs.{suffix_of(type_)}", f"{type_} {value[0]}"),)
        case "abs":
            return (emit_integer_abs(e, kind.char, value[0]) if family == "i" else value[0],)
    from accel.lower import functions

    return functions.emit_function(e, f"builtins.{function}", (Float(),), [emit_cast(e, kind, value, "d")])


def _int(e: Emitter, kind: Scalar, value: Value) -> Value:
    """`int(x)`."""
    if kind.dtype.family == "f":
        from accel.lower import functions

        return functions.emit_function(e, "builtins.int", (Float(),), [emit_cast(e, kind, value, "d")])
    if kind.char == "?":
        return (e.value(f"zext i1 {value[0]} to i64"),)
    if kind.dtype.bits < 64:
        return (e.value(f"{'s' if kind.dtype.family == 'i' else 'z'}ext {element_type(kind.char)} {value[0]} to i64"),)
    if kind.dtype.family == "u":
        e.exit_if(e.value(f"icmp slt i64 {value[0]}, 0"))
    return value
