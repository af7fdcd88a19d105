"""NumPy's ufuncs on scalars, in the loop NumPy takes: integers overflow silently, what it would warn about leaves."""

from __future__ import annotations

from accel.lower.layout import Value, element_type
from accel.lower.loop_calls import define_loop_call
from accel.lower.numpy_casts import emit_cast, emit_finite, emit_truth_of, zero_text
from accel.lower.numpy_floats import check_flags, check_result, emit_flagged, emit_in_float, emit_out_of_float, suffix_of
from accel.lower.numpy_integers import emit_integer, emit_integer_abs, emit_integer_divmod
from accel.lower.numpy_scalars import compare_integers, emit_arithmetic, emit_comparison
from accel.lower.text import Emitter, float_text
from accel.lower.ulp_math import emit_elementary, is_approximate
from accel.types import promotion
from accel.types.elements import char_of
from accel.types.kinds import DTYPES, Kind
from accel.types.ufuncs import BY_NUMPY

__all__ = ["emit_round", "emit_ufunc"]

_ARITHMETIC = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "remainder": "%", "power": "**",
    "left_shift": "<<", "right_shift": ">>", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^",
}  # fmt: skip
_COMPARISONS = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!="}
_LOGICAL = {"logical_and": "and", "logical_or": "or", "logical_xor": "xor"}
_IN_MATH = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
_BOUNDED = ("arctan", "arctan2", "arcsinh", "tanh")  # NaN only of NaN, nothing to warn about
_SIZE_BITS = {"half": "i16", "float": "i32", "double": "i64"}


def emit_ufunc(e: Emitter, name: str, kinds: tuple[Kind, ...], values: list[Value]) -> Value:
    """Call a ufunc; the components of the kind `accel.types.ufuncs.function_kind` promises."""
    *inputs, made = promotion.ufunc_chars(name, kinds)
    if name in _COMPARISONS and inputs[0] != inputs[1]:  # int64 and uint64, which have no common dtype
        return (compare_integers(e, _COMPARISONS[name], char_of(kinds[0]), char_of(kinds[1]), values[0][0], values[1][0]),)
    if name == "divide":
        inputs = [made, made]
    operands = [emit_cast(e, k, v, c) for k, v, c in zip(kinds, values, inputs, strict=True)]
    char = inputs[0]
    if name in _ARITHMETIC:
        return emit_arithmetic(e, _ARITHMETIC[name], char, *operands, wrap=True)
    if name in _COMPARISONS:
        return (emit_comparison(e, _COMPARISONS[name], char, *operands, through_arrays=True),)
    if name.startswith("logical_"):
        return (_logical(e, name, [emit_truth_of(e, c, v) for c, v in zip(inputs, operands, strict=True)]),)
    if name in ("isnan", "isinf", "isfinite"):
        return (_predicate(e, name, char, operands[0]),)
    if name in ("negative", "positive", "conjugate"):
        return _signed(e, name, char, operands[0])
    parts = [v[0] for v in operands]
    if DTYPES[char].family == "f":
        return (_float_ufunc(e, name, char, *parts),)
    return (_integer_ufunc(e, name, char, *parts),)


def _logical(e: Emitter, name: str, truths: list[str]) -> str:
    if name == "logical_not":
        return e.value(f"xor i1 {truths[0]}, true")
    return e.value(f"{_LOGICAL[name]} i1 {truths[0]}, {truths[1]}")


def _predicate(e: Emitter, name: str, char: str, value: Value) -> str:
    """For a complex number: whether one of its parts is (isfinite: both are)."""
    if DTYPES[char].family in "biu":
        return "true" if name == "isfinite" else "false"
    type_, found = element_type(char), ""
    for part in value:
        if name == "isfinite":
            one = emit_finite(e, type_, part)
        elif name == "isnan":
            one = e.value(f"fcmp uno {type_} {part}, {part}")
        else:
            one = e.value(f"fcmp oeq {type_} {_fabs(e, type_, part)}, {float_text(float('inf'), type_)}")
        found = e.value(f"{'and' if name == 'isfinite' else 'or'} i1 {found}, {one}") if found else one
    return found


def _signed(e: Emitter, name: str, char: str, value: Value) -> Value:
    type_, family = element_type(char), DTYPES[char].family
    if name == "positive" or (name == "conjugate" and family != "c"):
        return value
    if name == "conjugate":
        return (value[0], e.value(f"fneg {type_} {value[1]}"))
    if family in "iu":
        return (e.value(f"sub {type_} 0, {value[0]}"),)
    return tuple(e.value(f"fneg {type_} {part}") for part in value)


def _fabs(e: Emitter, type_: str, x: str) -> str:
    return e.call(type_, f"llvm.fabs.{suffix_of(type_)}", f"{type_} {x}")


# -- integers and bools


def _integer_ufunc(e: Emitter, name: str, char: str, x: str, y: str = "") -> str:
    type_, family = element_type(char), DTYPES[char].family
    match name:
        case "absolute":
            return x if family == "b" else emit_integer_abs(e, char, x, wrap=True)
        case "floor" | "ceil" | "trunc":
            return x
        case "invert":
            return e.value(f"xor {type_} {x}, {'true' if family == 'b' else -1}")
        case "square":
            return emit_integer(e, "*", char, x, x, wrap=True)
        case "fmod":
            return emit_integer_divmod(e, char, x, y, "%", cut=True)[1]
        case "sign":
            positive = e.value(f"icmp {'sgt' if family == 'i' else 'ne'} {type_} {x}, 0")
            sign = e.value(f"zext i1 {positive} to {type_}")
            return e.select(e.value(f"icmp slt {type_} {x}, 0"), type_, "-1", sign) if family == "i" else sign
    assert name in ("maximum", "minimum", "fmax", "fmin"), name
    symbol = ">" if name in ("maximum", "fmax") else "<"
    return e.select(emit_comparison(e, symbol, char, (x,), (y,)), type_, x, y)


# -- floats


def _float_ufunc(e: Emitter, name: str, char: str, x: str, y: str = "") -> str:
    type_ = element_type(char)
    match name:
        case "absolute" | "fabs":
            return _fabs(e, type_, x)
        case "floor" | "ceil" | "trunc" | "rint":
            return e.call(type_, f"llvm.{name}.{suffix_of(type_)}", f"{type_} {x}")
        case "square":
            return emit_arithmetic(e, "*", char, (x,), (x,))[0]
        case "reciprocal":
            return emit_arithmetic(e, "/", char, (float_text(1.0, type_),), (x,))[0]
        case "sqrt":  # of a negative number: an invalid value
            e.exit_if(e.value(f"fcmp olt {type_} {x}, {zero_text(type_)}"))
            return e.call(type_, f"llvm.sqrt.{suffix_of(type_)}", f"{type_} {x}")
        case "signbit":
            bits = _SIZE_BITS[type_]
            return e.value(f"icmp slt {bits} {e.value(f'bitcast {type_} {x} to {bits}')}, 0")
        case "copysign":
            return e.call(type_, f"llvm.copysign.{suffix_of(type_)}", f"{type_} {x}", f"{type_} {y}")
        case "sign":
            return _sign(e, type_, x)
        case "heaviside":
            step = _sign_select(e, type_, x, y, float_text(0.0, type_))
            return e.select(e.value(f"fcmp uno {type_} {x}, {x}"), type_, x, step)
        case "hypot" | "fmod":
            return _from_libm(e, name, char, x, y)
        case _ if name in BY_NUMPY:
            return _by_numpy(e, name, char, x, y)
        case "deg2rad" | "radians" | "rad2deg" | "degrees":
            return _scaled(e, name, char, x)
    return _extreme(e, name, type_, x, y)


def _by_numpy(e: Emitter, name: str, char: str, *operands: str) -> str:
    """NumPy's own inner loop, for one element; or the package's own function."""
    type_, given = element_type(char), [x for x in operands if x]
    if is_approximate(e.module, _IN_MATH.get(name, name)):
        made = emit_elementary(e, _IN_MATH.get(name, name), *given, type_=type_)
        if name not in _BOUNDED:
            check_result(e, type_, made, lambda: emit_flagged(e, type_, given[0], given[-1], made), called=True)
        return made
    made = e.value(f"call {type_} {define_loop_call(e.module, name, char, len(given))}({', '.join(f'{type_} {x}' for x in given)})")
    check_result(e, type_, made, lambda: emit_flagged(e, type_, given[0], given[-1], made), called=True)
    return made


def _sign(e: Emitter, type_: str, x: str) -> str:
    sign = _sign_select(e, type_, x, float_text(0.0, type_), float_text(-1.0, type_))
    return e.select(e.value(f"fcmp uno {type_} {x}, {x}"), type_, x, sign)


def _sign_select(e: Emitter, type_: str, x: str, at_zero: str, below: str) -> str:
    zero = zero_text(type_)
    rest = e.select(e.value(f"fcmp oeq {type_} {x}, {zero}"), type_, at_zero, below)
    return e.select(e.value(f"fcmp ogt {type_} {x}, {zero}"), type_, float_text(1.0, type_), rest)


def _from_libm(e: Emitter, name: str, char: str, x: str, y: str) -> str:
    p, q = emit_in_float(e, char, x, y)
    wide = "float" if char == "e" else element_type(char)
    made = e.libm(name if char == "d" else f"{name}f", f"{wide} {p}", f"{wide} {q}", result=wide)
    made, type_ = emit_out_of_float(e, char, made), element_type(char)
    check_result(e, type_, made, lambda: emit_flagged(e, type_, x, y, made), called=True)
    return made


def _scaled(e: Emitter, name: str, char: str, x: str) -> str:
    """The factor is a quotient in the precision NumPy computes in."""
    import numpy

    wide = numpy.float64 if char == "d" else numpy.float32
    pi, half_turn = wide(numpy.pi), wide(180.0)
    factor = float(pi / half_turn if name in ("deg2rad", "radians") else half_turn / pi)
    (p,) = emit_in_float(e, char, x)
    wide_type = "double" if char == "d" else "float"
    made = e.value(f"fmul {wide_type} {p}, {float_text(factor)}")
    made, type_ = emit_out_of_float(e, char, made), element_type(char)
    check_flags(e, "*", char, x, float_text(1.0, type_), made)
    return made


def _extreme(e: Emitter, name: str, type_: str, x: str, y: str) -> str:
    """maximum, minimum (a NaN wins), fmax, fmin (a number wins). Which of 0.0 and -0.0 is NumPy's loop's to say: they leave."""
    assert name in ("maximum", "minimum", "fmax", "fmin"), name
    bits = _SIZE_BITS[type_]
    differ = e.value(f"icmp ne {bits} {e.value(f'bitcast {type_} {x} to {bits}')}, {e.value(f'bitcast {type_} {y} to {bits}')}")
    e.exit_if(e.value(f"and i1 {differ}, {e.value(f'fcmp oeq {type_} {x}, {y}')}"))
    relation = "ogt" if name in ("maximum", "fmax") else "olt"
    best = e.select(e.value(f"fcmp {relation} {type_} {x}, {y}"), type_, x, y)
    special = x if name in ("maximum", "minimum") else y
    return e.select(e.value(f"fcmp uno {type_} {special}, {special}"), type_, x, best)


def emit_round(e: Emitter, char: str, x: str, digits: int) -> str:
    """`round(x, digits)` of a float32 or float64, as NumPy rounds: scaled, to the nearest integer, scaled back."""
    type_ = element_type(char)
    if digits == 0:
        return _float_ufunc(e, "rint", char, x)
    power = float_text(10.0**digits, type_)
    product = emit_arithmetic(e, "*", char, (x,), (power,))[0]
    return emit_arithmetic(e, "/", char, (_float_ufunc(e, "rint", char, product),), (power,))[0]
