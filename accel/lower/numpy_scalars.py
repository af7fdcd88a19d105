"""Operators on NumPy scalars: NumPy's values in NumPy's dtypes; whatever warns or raises in NumPy leaves compiled code first.

Kinds are those of `accel.types.promotion`.
"""

from __future__ import annotations

from accel.lower.layout import Value, element_type
from accel.lower.numpy_casts import emit_cast, emit_truth_of
from accel.lower.numpy_complex import emit_complex
from accel.lower.numpy_floats import emit_float
from accel.lower.numpy_integers import emit_integer, emit_integer_negation
from accel.lower.text import Emitter
from accel.types import promotion
from accel.types.elements import char_of
from accel.types.kinds import DTYPES, Bool, Complex, Float, Int, Kind, Scalar

__all__ = [
    "compare_integers",
    "emit_arithmetic",
    "emit_binary",
    "emit_compare",
    "emit_comparison",
    "emit_truth",
    "emit_unary",
    "python_value",
]

_ORDERED = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}
_SIGNED = {"<": "slt", "<=": "sle", ">": "sgt", ">=": "sge", "==": "eq", "!=": "ne"}
_UNSIGNED = {"<": "ult", "<=": "ule", ">": "ugt", ">=": "uge", "==": "eq", "!=": "ne"}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_BITWISE = {"&": "and", "|": "or", "^": "xor", "+": "or", "*": "and"}


def python_value(kind: Kind, value: Value) -> tuple[Kind, Value]:
    """A `numpy.float64` or `numpy.complex128` as the Python number it also is."""
    if isinstance(kind, Scalar):
        return {"d": Float(), "D": Complex()}[kind.char], value
    return kind, value


def emit_binary(e: Emitter, symbol: str, a: Kind, b: Kind, x: Value, y: Value) -> Value:
    """`x symbol y`, of the kind `binary_kind(symbol, a, b)`."""
    kind = promotion.binary_kind(symbol, a, b)
    if not isinstance(kind, Scalar):
        from accel.lower import operators

        (a, x), (b, y) = python_value(a, x), python_value(b, y)
        return operators.emit_binary(e, symbol, a, b, x, y)
    wrap = not promotion.scalar_loop(a, b)  # the loops of ufuncs overflow silently
    return emit_arithmetic(e, symbol, kind.char, emit_cast(e, a, x, kind.char), emit_cast(e, b, y, kind.char), wrap=wrap)


def emit_arithmetic(e: Emitter, symbol: str, char: str, x: Value, y: Value, *, wrap: bool = False) -> Value:
    """`x symbol y` of two values of one dtype; `wrap` as ufuncs do: integers overflow silently."""
    match DTYPES[char].family:
        case "b":
            return (e.value(f"{_BITWISE[symbol]} i1 {x[0]}, {y[0]}"),)
        case "i" | "u":
            return (emit_integer(e, symbol, char, x[0], y[0], wrap=wrap),)
        case "f":
            return (emit_float(e, symbol, char, x[0], y[0]),)
    return emit_complex(e, symbol, char, (x[0], x[1]), (y[0], y[1]))


def emit_compare(e: Emitter, symbol: str, a: Kind, b: Kind, x: Value, y: Value) -> Value:
    """`x symbol y` for a comparison, of the kind `compare_kind(symbol, a, b)`."""
    kind = promotion.compare_kind(symbol, a, b)
    if not isinstance(kind, Scalar):
        from accel.lower import operators

        (a, x), (b, y) = python_value(a, x), python_value(b, y)
        return operators.emit_compare(e, symbol, a, b, x, y)
    char = promotion.common_char(symbol, a, b)
    if not char:
        return (compare_integers(e, symbol, char_of(a), char_of(b), x[0], y[0]),)
    through_arrays = not promotion.scalar_loop(a, b)
    x, y = emit_cast(e, a, x, char), emit_cast(e, b, y, char)
    return (emit_comparison(e, symbol, char, x, y, through_arrays=through_arrays),)


def emit_comparison(e: Emitter, symbol: str, char: str, x: Value, y: Value, *, through_arrays: bool = False) -> str:
    """`x symbol y` of two values of one dtype."""
    family, type_ = DTYPES[char].family, element_type(char)
    if family == "c":
        return _compare_complex(e, symbol, type_, x, y, through_arrays)
    if family == "f":
        return e.value(f"fcmp {_ORDERED[symbol]} {type_} {x[0]}, {y[0]}")
    relation = (_SIGNED if family == "i" else _UNSIGNED)[symbol]
    return e.value(f"icmp {relation} {type_} {x[0]}, {y[0]}")


def _compare_complex(e: Emitter, symbol: str, type_: str, x: Value, y: Value, through_arrays: bool) -> str:
    """By the real parts, by the imaginary ones where those are equal. Of a NaN NumPy warns where it goes through arrays."""
    if symbol in ("==", "!="):
        parts = [e.value(f"fcmp {_ORDERED[symbol]} {type_} {p}, {q}") for p, q in zip(x, y, strict=True)]
        return e.value(f"{'and' if symbol == '==' else 'or'} i1 {parts[0]}, {parts[1]}")
    if through_arrays:
        for p, q in zip(x, y, strict=True):
            e.exit_if(e.value(f"fcmp uno {type_} {p}, {q}"))
    same = e.value(f"fcmp oeq {type_} {x[0]}, {y[0]}")
    first = e.value(f"fcmp {_ORDERED[symbol]} {type_} {x[0]}, {y[0]}")
    second = e.value(f"fcmp {_ORDERED[symbol]} {type_} {x[1]}, {y[1]}")
    return e.select(same, "i1", second, first)


def compare_integers(e: Emitter, symbol: str, a: str, b: str, x: str, y: str) -> str:
    """Exactly, whatever the widths and signs."""
    old = (DTYPES[a], DTYPES[b])
    wide = []
    for dtype, operand in zip(old, (x, y), strict=True):
        if dtype.bits < 64 or dtype.family == "b":
            how = "sext" if dtype.family == "i" else "zext"
            operand = e.value(f"{how} {element_type(dtype.char)} {operand} to i64")
        wide.append(operand)
    large = [dtype.family == "u" and dtype.bits == 64 for dtype in old]
    if large[0] == large[1]:
        return e.value(f"icmp {(_UNSIGNED if large[0] else _SIGNED)[symbol]} i64 {wide[0]}, {wide[1]}")
    if large[0]:
        symbol, wide = _MIRRORED.get(symbol, symbol), wide[::-1]
    negative = e.value(f"icmp slt i64 {wide[0]}, 0")
    plain = e.value(f"icmp {_UNSIGNED[symbol]} i64 {wide[0]}, {wide[1]}")
    return e.select(negative, "i1", "true" if symbol in ("<", "<=", "!=") else "false", plain)


def emit_unary(e: Emitter, symbol: str, a: Kind, x: Value) -> Value:
    """`symbol x`, of the kind `unary_kind(symbol, a)`."""
    assert isinstance(a, Scalar), a
    if symbol == "not":
        return (e.value(f"xor i1 {emit_truth(e, a, x)}, true"),)
    if symbol == "+":
        return x
    type_ = element_type(a.char)
    if symbol == "~":
        return (e.value(f"xor {type_} {x[0]}, {'true' if a.char == '?' else -1}"),)
    if a.dtype.family in "iu":
        return (emit_integer_negation(e, a.char, x[0]),)
    return tuple(e.value(f"fneg {type_} {part}") for part in x)


def emit_truth(e: Emitter, kind: Kind, x: Value) -> str:
    """Whether a number is not zero."""
    assert isinstance(kind, (Scalar, Int, Float, Bool, Complex)), kind
    return emit_truth_of(e, char_of(kind), x)
