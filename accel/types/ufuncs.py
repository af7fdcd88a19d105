"""What functions give for NumPy scalars: NumPy's scalar types and ufuncs, and Python's own functions that take a number.

What is not here is left to NumPy itself, called on objects (`accel.specialize.python_steps`).
"""

from __future__ import annotations

from accel.types.kinds import DTYPES, Bool, Complex, Float, Int, Kind, Scalar, join_kinds

__all__ = ["PREDICATES", "ROUNDING", "constructed_char", "function_kind", "plain_kind"]

_CHARS = {d.name: d.char for d in DTYPES.values()}
PREDICATES = ("isnan", "isinf", "isfinite", "signbit")
ROUNDING = ("floor", "ceil", "trunc", "rint", "fabs", "sqrt")
_SELECTIONS = ("builtins.min", "builtins.max")
_INTEGER_MATH = ("gcd", "lcm", "comb", "perm", "factorial", "isqrt")


def constructed_char(name: str) -> str:
    """The type character of the scalar type "numpy.float64", "" for another name.

    >>> constructed_char("numpy.float64")
    'd'
    """
    return _CHARS.get(name.removeprefix("numpy."), "") if name.startswith("numpy.") else ""


def plain_kind(kind: Kind) -> Kind | None:
    """The Python number `float(x)` or `operator.index(x)` makes of a NumPy scalar; other kinds as they are."""
    if not isinstance(kind, Scalar):
        return kind
    return {"f": Float(), "i": Int(), "u": Int()}.get(kind.dtype.family)


def function_kind(name: str, kinds: tuple[Kind, ...]) -> Kind | None:
    """The kind of a call, None where NumPy or CPython must do it."""
    module, _, function = name.partition(".")
    if module == "numpy":
        return _numpy_kind(name, function, kinds)
    if name in _SELECTIONS:
        return _selected(kinds)
    if module == "builtins":
        return _builtin_kind(function, kinds)
    if module in ("math", "cmath"):
        from accel.types import functions

        plain = tuple(map(plain_kind, kinds))
        return None if None in plain else functions.function_kind(name, tuple(k for k in plain if k is not None))
    if module == "attribute":
        return _part_kind(kinds)
    return None


def _part_kind(kinds: tuple[Kind, ...]) -> Kind | None:
    kind = kinds[0]
    if not isinstance(kind, Scalar):
        return None
    return Scalar({"F": "f", "D": "d"}.get(kind.char, kind.char))


def _numpy_kind(name: str, function: str, kinds: tuple[Kind, ...]) -> Kind | None:
    char = constructed_char(name)
    if len(kinds) != 1:
        return None
    kind = kinds[0]
    if char:
        return Scalar(char) if isinstance(kind, (Int, Float, Bool, Complex, Scalar)) and _casts(kind, char) else None
    if isinstance(kind, Float):
        kind = Scalar("d")
    if not isinstance(kind, Scalar) or kind.char not in "fd":
        return None
    if function in PREDICATES:
        return Scalar("?")
    return kind if function in ROUNDING or function in ("absolute", "negative") else None


def _casts(kind: Kind, char: str) -> bool:
    is_complex = isinstance(kind, Complex) or (isinstance(kind, Scalar) and kind.dtype.family == "c")
    return not is_complex or DTYPES[char].family == "c"


def _selected(kinds: tuple[Kind, ...]) -> Kind | None:
    """`min` and `max` give one of their arguments."""
    from accel.types.operators import compare_kind

    if len(kinds) < 2 or any(isinstance(k, Scalar) and k.dtype.family == "c" for k in kinds):
        return None
    found: Kind | None = kinds[0]
    for kind in kinds[1:]:
        if found is None or kind != kinds[0] or compare_kind("<", kind, found) is None:
            return None
        found = join_kinds(found, kind)
    return found


def _builtin_kind(function: str, kinds: tuple[Kind, ...]) -> Kind | None:
    if len(kinds) != 1 or not isinstance(kinds[0], Scalar):
        return None
    family = kinds[0].dtype.family
    match function:
        case "bool":
            return Bool()
        case "float":
            return Float() if family != "c" else None
        case "int":
            return Int() if family != "c" else None
        case "complex":
            return Complex()
        case "abs":
            return kinds[0] if family in "iuf" else None
        case "round":
            return Int() if kinds[0].char == "d" else None
    return None
