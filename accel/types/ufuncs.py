"""What functions give for NumPy scalars: NumPy's scalar types and ufuncs, and Python's own functions that take a number.

A ufunc is here where compiled code can give the very bits of NumPy's loop: for `numpy.exp` and its like (`BY_NUMPY`), whose loops depend on
the processor, by calling it. What is not here is left to NumPy itself, called on objects (`accel.specialize.python_steps`).
"""

from __future__ import annotations

from functools import cache

from accel.types import promotion
from accel.types.kinds import DTYPES, Bool, Complex, Float, Int, Kind, NoneKind, Scalar, Tuple, join_kinds

__all__ = ["BY_NUMPY", "INTEGER_MATH", "UFUNCS", "constructed_char", "function_kind", "plain_kind"]

Kinds = tuple[Kind, ...]

_CHARS = {d.name: d.char for d in DTYPES.values()}
_INTS, _FLOATS, _COMPLEX = "bBhHiIlLqQ", "efd", "FD"
_REAL = "?" + _INTS + _FLOATS
BY_NUMPY = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh",
    "arcsinh", "arccosh", "arctanh", "cbrt",
)  # fmt: skip
# The type characters of the first input of the loops that are known.
UFUNCS: dict[str, str] = {
    "add": _REAL + _COMPLEX, "subtract": _INTS + _FLOATS + _COMPLEX, "multiply": _REAL, "divide": _REAL + _COMPLEX,
    "floor_divide": _INTS + _FLOATS, "remainder": _INTS + _FLOATS, "fmod": _INTS + _FLOATS, "power": _INTS,
    "negative": _INTS + _FLOATS + _COMPLEX, "positive": _INTS + _FLOATS + _COMPLEX, "conjugate": _INTS + _FLOATS + _COMPLEX,
    "absolute": _REAL, "square": _INTS + _FLOATS, "sign": _INTS + _FLOATS,
    "maximum": _REAL, "minimum": _REAL, "fmax": _REAL, "fmin": _REAL,
    **dict.fromkeys(("floor", "ceil", "trunc"), _REAL),
    **dict.fromkeys(("rint", "fabs", "sqrt", "reciprocal", "signbit", "copysign", "heaviside", "hypot"), _FLOATS),
    **dict.fromkeys(("deg2rad", "radians", "rad2deg", "degrees"), _FLOATS),
    **dict.fromkeys(("isnan", "isinf", "isfinite"), _REAL + _COMPLEX),
    **dict.fromkeys(("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"), _REAL + _COMPLEX),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor", "logical_not"), _REAL + _COMPLEX),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "invert"), "?" + _INTS),
    **dict.fromkeys(("left_shift", "right_shift"), _INTS),
    **dict.fromkeys(BY_NUMPY, "fd"),
}  # fmt: skip
INTEGER_MATH = ("gcd", "lcm", "comb", "perm", "factorial", "isqrt")


def constructed_char(name: str) -> str:
    """The type character of the scalar type "numpy.float64", "" for another name.

    Examples
    --------
    >>> constructed_char("numpy.float64")
    'd'
    """
    return _CHARS.get(name.removeprefix("numpy."), "") if name.startswith("numpy.") else ""


def plain_kind(name: str, kind: Kind) -> Kind | None:
    """The Python number a function of `math` or `cmath` makes of a NumPy scalar; other kinds as they are.

    Examples
    --------
    >>> plain_kind("math.floor", Scalar("l")), plain_kind("math.gcd", Scalar("l"))
    (Float(), Int())
    """
    if not isinstance(kind, Scalar):
        return kind
    module, _, function = name.partition(".")
    match kind.dtype.family:
        case "i" | "u":
            return Int() if function in INTEGER_MATH else Float()
        case "f":
            return Float()
        case "c":
            return Complex() if module == "cmath" else None
    return None


@cache
def function_kind(name: str, kinds: Kinds) -> Kind | None:
    """The kind of a call, None where NumPy or CPython must do it.

    Examples
    --------
    >>> str(function_kind("numpy.sqrt", (Int(),))), function_kind("numpy.spacing", (Float(),))
    ('numpy.float64', None)
    """
    module, _, function = name.partition(".")
    match module:
        case "numpy":
            char = constructed_char(name)
            return _constructed_kind(char, kinds) if char else _ufunc_kind(function, kinds)
        case "builtins":
            return _builtin_kind(function, kinds)
        case "math" | "cmath":
            return _mathematics_kind(name, kinds)
    return None


def _is_complex(kind: Kind) -> bool:
    return isinstance(kind, Complex) or (isinstance(kind, Scalar) and kind.dtype.family == "c")


def _constructed_kind(char: str, kinds: Kinds) -> Kind | None:
    if len(kinds) > 1 or not all(map(promotion.is_operand, kinds)):
        return None
    discards = any(map(_is_complex, kinds)) and DTYPES[char].family not in "bc"
    return None if discards else Scalar(char)


def _ufunc_kind(name: str, kinds: Kinds) -> Kind | None:
    chars = promotion.ufunc_chars(name, kinds) if name in UFUNCS else ()
    return Scalar(chars[-1]) if chars and chars[0] in UFUNCS[name] else None


def _mathematics_kind(name: str, kinds: Kinds) -> Kind | None:
    from accel.types import functions

    module, _, function = name.partition(".")
    plain = [plain_kind(name, kind) for kind in kinds]
    if None in plain or not all(map(promotion.is_operand, kinds)):
        return None
    try:  # which classes have `__floor__`, `__trunc__`, `__index__` is theirs to say
        getattr(__import__(module), function)(*map(promotion.sample_of, kinds))
    except (TypeError, AttributeError):
        return None
    except (ValueError, ArithmeticError):
        pass
    return functions.function_kind(name, tuple(k for k in plain if k is not None))


# -- builtins


def _builtin_kind(function: str, kinds: Kinds) -> Kind | None:
    match function, kinds:
        case "min" | "max", (_, _, *_):
            return _selected_kind("<" if function == "min" else ">", kinds)
        case "divmod", (a, b):
            part = promotion.binary_kind("//", a, b)
            return Tuple((part, part)) if isinstance(part, Scalar) else None
        case "pow", (a, b):
            return promotion.binary_kind("**", a, b)
        case "complex", (_,) | (_, _):
            return _complex_kind(kinds)
        case "round", (Scalar(), _):
            return _rounded_kind(kinds)
        case _, (Scalar() as kind,):
            return _number_kind(function, kind)
    return None


def _number_kind(function: str, kind: Scalar) -> Kind | None:
    family = kind.dtype.family
    match function:
        case "bool":
            return Bool()
        case "float":
            return Float() if family != "c" else None
        case "int":
            return Int() if family != "c" else None
        case "abs":
            return Scalar({"F": "f", "D": "d"}.get(kind.char, kind.char))
        case "round":
            return Int() if family in "iuf" else None
    return None


def _complex_kind(kinds: Kinds) -> Kind | None:
    if len(kinds) == 1:
        return Complex() if promotion.is_operand(kinds[0]) and kinds[0] != Scalar("?") else None
    reals = all(isinstance(k, (Int, Float, Bool)) or (isinstance(k, Scalar) and k.dtype.family in "iuf") for k in kinds)
    return Complex() if reals else None


def _rounded_kind(kinds: Kinds) -> Kind | None:
    """`round(x, digits)` stays what it is; digits that are not a small constant leave."""
    kind, digits = kinds
    assert isinstance(kind, Scalar)
    if isinstance(digits, NoneKind):
        return _number_kind("round", kind)
    return kind if isinstance(digits, Int) and (kind.char in "fd" or kind.dtype.family in "iu") else None


def _selected_kind(symbol: str, kinds: Kinds) -> Kind | None:
    """`min` and `max` give one of their arguments, as it is."""
    from accel.types.operators import compare_kind, joined_kind

    best: Kind | None = kinds[0]
    for kind in kinds[1:]:
        pair = (kind, best) if best is not None else ()
        if best is None or joined_kind(lambda a, b: compare_kind(symbol, a, b), pair) not in (Bool(), Scalar("?"), _EITHER):
            return None
        best = join_kinds(best, kind)
    return best


_EITHER = join_kinds(Bool(), Scalar("?"))
