"""What functions of `builtins`, `math` and `cmath` give: the kind of the result from the kinds of the arguments.

None where CPython must do it. Kinds here are never unions.
"""

from __future__ import annotations

from collections.abc import Callable

from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Scalar, Tuple, join_kinds
from accel.types.methods import instance_answer, member_kind
from accel.types.operators import binary_kind, compare_kind, has_truth, is_number, joined_kind, unary_kind

__all__ = ["folded_kind", "function_kind", "selection_items"]

Kinds = tuple[Kind, ...]
Rule = Callable[[Kinds], "Kind | None"]


def function_kind(name: str, kinds: Kinds) -> Kind | None:
    """The kind of a call of the function known as `name`.

    Examples
    --------
    >>> str(function_kind("math.frexp", (Float(),)))
    'tuple(float, int)'
    """
    if name.startswith(("attribute.", "method.")):
        return member_kind(name, kinds)
    if name == "builtins.isinstance":
        return None if len(kinds) != 2 or instance_answer(*kinds) is None else Bool()
    if name.startswith("numpy.") or any(isinstance(k, Scalar) for k in kinds):
        from accel.types import ufuncs

        return ufuncs.function_kind(name, kinds)
    rule = _RULES.get(name)
    return rule(kinds) if rule else None


def _is_real(kind: Kind) -> bool:
    return isinstance(kind, (Int, Float, Bool))


def _is_int(kind: Kind) -> bool:
    return isinstance(kind, (Int, Bool))


def _takes(test: Callable[[Kind], bool], result: Kind, least: int, most: int | None = -1) -> Rule:
    """A rule for `least` to `most` arguments (by default exactly `least`, None: any number) that all pass `test`."""
    limit = least if most == -1 else most

    def rule(kinds: Kinds) -> Kind | None:
        fits = len(kinds) >= least and (limit is None or len(kinds) <= limit)
        return result if fits and all(map(test, kinds)) else None

    return rule


def _items(kind: Kind, test: Callable[[Kind], bool]) -> Kinds | None:
    """The items of a tuple, if they all pass the test."""
    return kind.items if isinstance(kind, Tuple) and all(map(test, kind.items)) else None


# -- builtins


def _abs(kinds: Kinds) -> Kind | None:
    match kinds:
        case (Complex(),):
            return Float()
        case (kind,) if _is_real(kind):
            return unary_kind("+", kind)
    return None


def selection_items(kinds: Kinds) -> Kinds | None:
    """What `min` and `max` choose from: their arguments, or the items of a tuple that is the only one."""
    if len(kinds) == 1:
        return kinds[0].items if isinstance(kinds[0], Tuple) and kinds[0].items else None
    return kinds or None


def _selection(symbol: str) -> Rule:
    """`min` and `max` give one of their arguments, as it is."""

    def rule(kinds: Kinds) -> Kind | None:
        items = selection_items(kinds)
        best: Kind | None = items[0] if items else None
        for item in items[1:] if items else ():
            if best is None or not isinstance(joined_kind(lambda a, b: compare_kind(symbol, a, b), (item, best)), Bool):
                return None
            best = join_kinds(best, item)
        return best

    return rule


def _int(kinds: Kinds) -> Kind | None:
    return Int() if len(kinds) <= 1 and all(map(_is_real, kinds)) else None


def _complex(kinds: Kinds) -> Kind | None:
    if len(kinds) == 1 and isinstance(kinds[0], Complex):
        return Complex()
    return Complex() if len(kinds) <= 2 and all(map(_is_real, kinds)) else None


def _bool(kinds: Kinds) -> Kind | None:
    return Bool() if len(kinds) <= 1 and all(map(has_truth, kinds)) else None


def _round(kinds: Kinds) -> Kind | None:
    match kinds:
        case (kind,) | (kind, NoneKind()) if _is_real(kind):
            return Int()
        case (kind, digits) if _is_real(kind) and _is_int(digits):
            return Float() if isinstance(kind, Float) else Int()
    return None


def _divmod(kinds: Kinds) -> Kind | None:
    if len(kinds) != 2 or not all(map(_is_real, kinds)):
        return None
    part = binary_kind("//", *kinds)
    return Tuple((part, part)) if part else None


def _pow(kinds: Kinds) -> Kind | None:
    if len(kinds) == 2:
        return binary_kind("**", *kinds) if all(map(is_number, kinds)) else None
    return Int() if len(kinds) == 3 and all(map(_is_int, kinds)) else None


def _len(kinds: Kinds) -> Kind | None:
    return Int() if len(kinds) == 1 and isinstance(kinds[0], Tuple) else None


def folded_kind(symbol: str, start: Kind, items: Kinds) -> Kind | None:
    """The kind of `start symbol item symbol item ...`."""
    total: Kind | None = start
    for item in items:
        total = binary_kind(symbol, total, item) if total else None
    return total


def _sum(kinds: Kinds) -> Kind | None:
    if not 1 <= len(kinds) <= 2 or not all(map(is_number, kinds[1:])):
        return None
    items = _items(kinds[0], is_number)
    return None if items is None else folded_kind("+", kinds[1] if len(kinds) == 2 else Int(), items)


# -- math


def _ldexp(kinds: Kinds) -> Kind | None:
    return Float() if len(kinds) == 2 and _is_real(kinds[0]) and _is_int(kinds[1]) else None


def _dist(kinds: Kinds) -> Kind | None:
    parts = [_items(kind, _is_real) for kind in kinds]
    if len(parts) != 2 or parts[0] is None or parts[1] is None:
        return None
    return Float() if len(parts[0]) == len(parts[1]) else None


def _fsum(kinds: Kinds) -> Kind | None:
    return Float() if len(kinds) == 1 and _items(kinds[0], _is_real) is not None else None


def _prod(kinds: Kinds) -> Kind | None:
    """The second argument is where it starts."""
    items = _items(kinds[0], _is_real) if 1 <= len(kinds) <= 2 and all(map(_is_real, kinds[1:])) else None
    return None if items is None else folded_kind("*", kinds[1] if len(kinds) == 2 else Int(), items)


def _isclose(test: Callable[[Kind], bool]) -> Rule:
    """Two numbers, and both tolerances or none."""

    def rule(kinds: Kinds) -> Kind | None:
        return Bool() if len(kinds) in (2, 4) and all(map(test, kinds[:2])) and all(map(_is_real, kinds[2:])) else None

    return rule


def _sumprod(kinds: Kinds) -> Kind | None:
    if not isinstance(_dist(kinds), Float):
        return None
    items = [k for kind in kinds if isinstance(kind, Tuple) for k in kind.items]
    return Float() if any(isinstance(k, Float) for k in items) else Int()


def _perm(kinds: Kinds) -> Kind | None:
    if len(kinds) == 2 and isinstance(kinds[1], NoneKind):
        kinds = kinds[:1]
    return Int() if 1 <= len(kinds) <= 2 and all(map(_is_int, kinds)) else None


_FLOAT_OF_ONE = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "degrees",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "gamma",
    "lgamma",
    "log10",
    "log1p",
    "log2",
    "radians",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "ulp",
]
_FLOAT_OF_TWO = ["atan2", "copysign", "fmod", "nextafter", "pow", "remainder"]
_COMPLEX_OF_ONE = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cos",
    "cosh",
    "exp",
    "log10",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]

_RULES: dict[str, Rule] = {
    "builtins.abs": _abs,
    "builtins.bool": _bool,
    "builtins.complex": _complex,
    "builtins.divmod": _divmod,
    "builtins.float": _takes(_is_real, Float(), 0, 1),
    "builtins.int": _int,
    "builtins.len": _len,
    "builtins.max": _selection(">"),
    "builtins.min": _selection("<"),
    "builtins.pow": _pow,
    "builtins.round": _round,
    "builtins.sum": _sum,
    "math.comb": _takes(_is_int, Int(), 2),
    "math.dist": _dist,
    "math.factorial": _takes(_is_int, Int(), 1),
    "math.fma": _takes(_is_real, Float(), 3),
    "math.frexp": _takes(_is_real, Tuple((Float(), Int())), 1),
    "math.fsum": _fsum,
    "math.gcd": _takes(_is_int, Int(), 0, None),
    "math.hypot": _takes(_is_real, Float(), 0, None),
    "math.isclose": _isclose(_is_real),
    "math.isqrt": _takes(_is_int, Int(), 1),
    "math.lcm": _takes(_is_int, Int(), 0, None),
    "math.ldexp": _ldexp,
    "math.log": _takes(_is_real, Float(), 1, 2),
    "math.modf": _takes(_is_real, Tuple((Float(), Float())), 1),
    "math.perm": _perm,
    "math.prod": _prod,
    "math.sumprod": _sumprod,
    "cmath.isclose": _isclose(is_number),
    "cmath.log": _takes(is_number, Complex(), 1, 2),
    "cmath.phase": _takes(is_number, Float(), 1),
    "cmath.polar": _takes(is_number, Tuple((Float(), Float())), 1),
    "cmath.rect": _takes(_is_real, Complex(), 2),
    **{f"math.{n}": _takes(_is_real, Float(), 1) for n in _FLOAT_OF_ONE},
    **{f"math.{n}": _takes(_is_real, Float(), 2) for n in _FLOAT_OF_TWO},
    **{f"math.{n}": _takes(_is_real, Int(), 1) for n in ("ceil", "floor", "trunc")},
    **{f"math.{n}": _takes(_is_real, Bool(), 1) for n in ("isfinite", "isinf", "isnan")},
    **{f"cmath.{n}": _takes(is_number, Complex(), 1) for n in _COMPLEX_OF_ONE},
    **{f"cmath.{n}": _takes(is_number, Bool(), 1) for n in ("isfinite", "isinf", "isnan")},
}
