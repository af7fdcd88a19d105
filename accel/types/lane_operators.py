"""Operators of SIMD values (`accel.types.simd`), lane by lane, and what operands they take."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from accel.errors import ArgumentError, Diagnostic
from accel.runtime.frames import find_user
from accel.types.kinds import DTYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from numpy import bool_, generic

    from accel.types.simd import SIMD

E = TypeVar("E", bound="generic")
W = TypeVar("W")
T = TypeVar("T")
L = TypeVar("L", bound="Lanes[Any, Any]")

__all__ = ["E", "FAMILIES", "Lanes", "W", "apply", "as_lane", "build", "choose_lesser", "coerce", "load_numpy", "refusal", "require_family", "require_same", "shown"]


class Lanes(Generic[E, W]):
    """Lanes as bytes in the order of the machine, and the operators."""

    __slots__ = ("_lanes",)
    __array_ufunc__ = None  # so that `numpy.float64(2) * x` is ours
    _lanes: bytes
    _char: str = ""
    _of: Any  # the class of values of so many lanes, by the type character of their dtype
    dtype: type[E]
    width: int

    def _wide(self) -> Any:
        return load_numpy().frombuffer(self._lanes, self._char)

    # -- arithmetic

    def __add__(self, other: Any) -> Self:
        return _operate(self, other, "+")

    def __sub__(self, other: Any) -> Self:
        return _operate(self, other, "-")

    def __mul__(self, other: Any) -> Self:
        return _operate(self, other, "*")

    def __truediv__(self, other: Any) -> Self:
        return _operate(self, other, "/")

    def __floordiv__(self, other: Any) -> Self:
        return _operate(self, other, "//")

    def __mod__(self, other: Any) -> Self:
        return _operate(self, other, "%")

    def __lshift__(self, other: Any) -> Self:
        return _operate(self, other, "<<")

    def __rshift__(self, other: Any) -> Self:
        return _operate(self, other, ">>")

    def __and__(self, other: Any) -> Self:
        return _operate(self, other, "&")

    def __or__(self, other: Any) -> Self:
        return _operate(self, other, "|")

    def __xor__(self, other: Any) -> Self:
        return _operate(self, other, "^")

    def __radd__(self, other: Any) -> Self:
        return _operate(self, other, "+", is_reflected=True)

    def __rsub__(self, other: Any) -> Self:
        return _operate(self, other, "-", is_reflected=True)

    def __rmul__(self, other: Any) -> Self:
        return _operate(self, other, "*", is_reflected=True)

    def __rtruediv__(self, other: Any) -> Self:
        return _operate(self, other, "/", is_reflected=True)

    def __rfloordiv__(self, other: Any) -> Self:
        return _operate(self, other, "//", is_reflected=True)

    def __rmod__(self, other: Any) -> Self:
        return _operate(self, other, "%", is_reflected=True)

    def __rlshift__(self, other: Any) -> Self:
        return _operate(self, other, "<<", is_reflected=True)

    def __rrshift__(self, other: Any) -> Self:
        return _operate(self, other, ">>", is_reflected=True)

    def __rand__(self, other: Any) -> Self:
        return _operate(self, other, "&", is_reflected=True)

    def __ror__(self, other: Any) -> Self:
        return _operate(self, other, "|", is_reflected=True)

    def __rxor__(self, other: Any) -> Self:
        return _operate(self, other, "^", is_reflected=True)

    def __neg__(self) -> Self:
        return apply(self, "negative", "iuf", "-")

    def __pos__(self) -> Self:
        return apply(self, "positive", "iuf", "+")

    def __invert__(self) -> Self:
        return apply(self, "invert", "biu", "~")

    def __abs__(self) -> Self:
        return apply(self, "absolute", "iuf", "abs")

    # -- comparisons

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: Any) -> SIMD[bool_, W]:
        return _compare(self, other, "less")

    def __le__(self, other: Any) -> SIMD[bool_, W]:
        return _compare(self, other, "less_equal")

    def __gt__(self, other: Any) -> SIMD[bool_, W]:
        return _compare(self, other, "greater")

    def __ge__(self, other: Any) -> SIMD[bool_, W]:
        return _compare(self, other, "greater_equal")

    def __eq__(self, other: Any) -> SIMD[bool_, W]:  # type: ignore[override]
        return _compare(self, other, "equal")

    def __ne__(self, other: Any) -> SIMD[bool_, W]:  # type: ignore[override]
        return _compare(self, other, "not_equal")


# Families of dtypes (`accel.types.kinds.DType`) that have an operator.
FAMILIES = {"+": "iuf", "-": "iuf", "*": "iuf", "/": "f", "//": "iu", "%": "iu", "<<": "iu", ">>": "iu", "&": "biu", "|": "biu", "^": "biu"}
_UFUNCS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "remainder", "<<": "left_shift", ">>": "right_shift", "&": "bitwise_and",
    "|": "bitwise_or", "^": "bitwise_xor",
}  # fmt: skip




def load_numpy() -> Any:
    """NumPy, which nobody needs to whom it is not there yet."""
    import numpy

    return numpy


def shown(value: Any) -> str:
    """What a class, or another value, is called in messages."""
    return f"`{value.__name__}`" if isinstance(value, type) else repr(value)[:60]


def refusal(what: str, *do: str) -> ArgumentError:
    """The exception for what is not done with SIMD values."""
    return ArgumentError(Diagnostic(what, "simd-argument", *find_user(), do=do))


def build(class_: type[T], lanes: Any) -> T:
    """A value of a class with the lanes of an array."""
    made: Any = object.__new__(class_)
    made._lanes = lanes.tobytes()
    return made  # type: ignore[no-any-return]


def as_lane(class_: type[Any], value: Any) -> Any:
    """A number as a scalar of the dtype of lanes."""
    family, given = DTYPES[class_._char].family, type(value)
    if given is class_.dtype or (family == "b" and given is bool):
        return value
    if (family == "f" and given in (int, float)) or (family in "iu" and given is int):
        with load_numpy().errstate(all="ignore"):
            return class_.dtype(float(value) if family == "f" else value)  # NumPy raises OverflowError for what does not fit
    raise refusal(f"{shown(given)} is no lane of `{class_.__name__}`", f"convert it: `{class_.dtype.__name__}(x)`")


def coerce(like: Any, value: Any, what: str) -> Any:
    """An operand as an array of lanes."""
    if isinstance(value, Lanes):
        require_same(like, value, what)
        return value._wide()
    return load_numpy().full(like.width, as_lane(type(like), value), like._char)


def require_same(first: Any, second: Any, what: str) -> None:
    """Raise unless two values are of the same class."""
    if type(first) is not type(second):
        is_wider = getattr(second, "width", first.width) != first.width
        do = ("`x.slice(width)` takes lanes, `x.join(y)` puts them together",) if is_wider else ("write `x.cast(...)` to convert one of them",)
        raise refusal(f"`{what}` of {shown(type(first))} and {shown(type(second))}", *do)


def require_family(value: Any, families: str, what: str) -> None:
    """Raise unless the lanes are of a dtype of these families."""
    if DTYPES[value._char].family not in families:
        raise refusal(f"`{what}` of {shown(type(value))}, which has none")


def _is_operand(value: Any) -> bool:
    return isinstance(value, (Lanes, bool, int, float, load_numpy().generic))


def _operate(value: L, other: Any, symbol: str, *, is_reflected: bool = False) -> L:
    if not _is_operand(other):
        return NotImplemented  # type: ignore[no-any-return]
    require_family(value, FAMILIES[symbol], symbol)
    wide = coerce(value, other, symbol)
    first, second = (wide, value._wide()) if is_reflected else (value._wide(), wide)
    with load_numpy().errstate(all="ignore"):
        return build(type(value), getattr(load_numpy(), _UFUNCS[symbol])(first, second))


def apply(value: L, ufunc: str, families: str, what: str) -> L:
    """What a ufunc gives for the lanes."""
    require_family(value, families, what)
    with load_numpy().errstate(all="ignore"):
        return build(type(value), getattr(load_numpy(), ufunc)(value._wide()))


def _compare(value: Lanes[E, W], other: Any, ufunc: str) -> SIMD[bool_, W]:
    if not _is_operand(other):
        return NotImplemented  # type: ignore[no-any-return]
    require_family(value, "biuf" if ufunc in ("equal", "not_equal") else "iuf", ufunc)
    lanes = getattr(load_numpy(), ufunc)(value._wide(), coerce(value, other, ufunc))
    class_: type[SIMD[bool_, W]] = value._of("?", value.width)
    return build(class_, lanes)


def choose_lesser(value: L, other: Any, what: str) -> L:
    """`min` or `max` of each lane."""
    require_family(value, "iuf", what)
    wide, given = value._wide(), coerce(value, other, what)
    return build(type(value), load_numpy().where(given < wide if what == "min" else given > wide, given, wide))
