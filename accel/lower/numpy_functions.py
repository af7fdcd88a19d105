"""Functions of NumPy scalars in machine code; see `accel.types.ufuncs` for which."""

from __future__ import annotations

from accel.lower.convert import as_float, convert_value, int_literal
from accel.lower.layout import Value, components, element_type
from accel.lower.numpy_casts import emit_cast, emit_truth_of, zero_text
from accel.lower.numpy_complex import emit_complex_abs
from accel.lower.numpy_floats import emit_float_divmod, suffix_of
from accel.lower.numpy_integers import emit_integer_abs, emit_integer_divmod
from accel.lower.numpy_scalars import emit_binary
from accel.lower.numpy_ufuncs import emit_round, emit_ufunc
from accel.lower.text import Emitter
from accel.types import promotion
from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Scalar, join_kinds
from accel.types.ufuncs import constructed_char, plain_kind

__all__ = ["emit_function"]

Kinds = tuple[Kind, ...]
_MOST_DIGITS = 8  # NumPy's own table of powers of ten


def emit_function(e: Emitter, name: str, kinds: Kinds, values: list[Value]) -> Value:
    """Call the function `name`; the components of the kind `accel.types.ufuncs.function_kind` promises."""
    module, _, function = name.partition(".")
    char = constructed_char(name)
    if char:
        return emit_cast(e, kinds[0], values[0], char, wrap=True) if kinds else (zero_text(element_type(char)),) * _width(char)
    if module == "numpy":
        return emit_ufunc(e, function, kinds, values)
    if module == "builtins":
        return _builtin(e, function, kinds, values)
    from accel.lower import functions

    plain = [_plain(e, name, k, v) for k, v in zip(kinds, values, strict=True)]
    return functions.emit_function(e, name, tuple(k for k, _ in plain), [v for _, v in plain])


def _width(char: str) -> int:
    return len(components(Scalar(char)))


def _plain(e: Emitter, name: str, kind: Kind, value: Value) -> tuple[Kind, Value]:
    """A NumPy scalar as the Python number a function of `math` or `cmath` makes of it."""
    made = plain_kind(name, kind)
    assert made is not None
    if not isinstance(kind, Scalar):
        return kind, value
    return made, emit_cast(e, kind, value, {Int(): "l", Float(): "d", Complex(): "D"}[made])


# -- builtins


def _builtin(e: Emitter, function: str, kinds: Kinds, values: list[Value]) -> Value:
    match function:
        case "min" | "max":
            return _select(e, "<" if function == "min" else ">", kinds, values)
        case "divmod":
            return _divmod(e, kinds, values)
        case "pow":
            return emit_binary(e, "**", kinds[0], kinds[1], values[0], values[1])
        case "complex":
            if len(kinds) == 1:
                return emit_cast(e, kinds[0], values[0], "D")
            return (_as_double(e, kinds[0], values[0]), _as_double(e, kinds[1], values[1]))
    kind = kinds[0]
    assert isinstance(kind, Scalar), kind
    if function == "round" and len(kinds) == 2 and not isinstance(kinds[1], NoneKind):
        return (_round_digits(e, kind, values[0][0], values[1][0]),)
    return _of_one(e, function, kind, values[0])


def _as_double(e: Emitter, kind: Kind, value: Value) -> str:
    return emit_cast(e, kind, value, "d")[0] if isinstance(kind, Scalar) else as_float(e, kind, value)


def _of_one(e: Emitter, function: str, kind: Scalar, value: Value) -> Value:
    family, type_ = kind.dtype.family, element_type(kind.char)
    match function:
        case "bool":
            return (emit_truth_of(e, kind.char, value),)
        case "float":
            return emit_cast(e, kind, value, "d")
        case "int":
            return emit_cast(e, kind, value, "l")
        case "round":
            if family == "f":
                value = (e.call(type_, f"llvm.rint.{suffix_of(type_)}", f"{type_} {value[0]}"),)
            return emit_cast(e, kind, value, "l")
    assert function == "abs", function
    match family:
        case "f":
            return (e.call(type_, f"llvm.fabs.{suffix_of(type_)}", f"{type_} {value[0]}"),)
        case "c":
            return (emit_complex_abs(e, kind.char, (value[0], value[1])),)
        case "i":
            return (emit_integer_abs(e, kind.char, value[0]),)
    return value


def _round_digits(e: Emitter, kind: Scalar, x: str, digits: str) -> str:
    """`round(x, digits)`: of a float for a small constant, of an integer for digits that drop nothing; others leave."""
    known = int_literal(digits)
    if kind.dtype.family in "iu":
        if known is None or known < 0:
            e.exit_if(e.value(f"icmp slt i64 {digits}, 0"))
        return x
    if known is None or not 0 <= known <= _MOST_DIGITS:
        e.exit()
        return x
    return emit_round(e, kind.char, x, known)


def _divmod(e: Emitter, kinds: Kinds, values: list[Value]) -> Value:
    part = promotion.binary_kind("//", *kinds)
    assert isinstance(part, Scalar)
    x, y = (emit_cast(e, k, v, part.char)[0] for k, v in zip(kinds, values, strict=True))
    emit = emit_float_divmod if part.dtype.family == "f" else emit_integer_divmod
    return emit(e, part.char, x, y)


def _select(e: Emitter, symbol: str, kinds: Kinds, values: list[Value]) -> Value:
    """The first smallest (or largest), as CPython picks it: a later one must compare as better."""
    best_kind, best = kinds[0], values[0]
    for kind, value in zip(kinds[1:], values[1:], strict=True):
        better = _is_better(e, symbol, (kind, best_kind), (value, best))
        joined = join_kinds(best_kind, kind)
        assert joined is not None
        old, new = convert_value(e, best_kind, joined, best), convert_value(e, kind, joined, value)
        best_kind = joined
        best = tuple(n if n == o else e.select(better, t, n, o) for t, n, o in zip(components(joined), new, old, strict=True))
    return best


def _is_better(e: Emitter, symbol: str, kinds: tuple[Kind, Kind], values: tuple[Value, Value]) -> str:
    from accel.lower.operators import emit_compare
    from accel.lower.unions import emit_union
    from accel.types.operators import compare_kind

    def rule(*k: Kind) -> Kind | None:
        return Bool() if compare_kind(symbol, *k) is not None else None

    def compare(k: Kinds, v: tuple[Value, ...]) -> Value:
        return emit_compare(e, symbol, k[0], k[1], v[0], v[1])

    return emit_union(e, rule, compare, kinds, values, Bool())[0]
