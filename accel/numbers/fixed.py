"""Fixed-point numbers: integers that count fractions of one."""

from __future__ import annotations

from typing import Generic, TypeVar

from accel.compile_time import comptime, comptime_assert
from accel.decorators import struct
from accel.numbers.protocol import INTEGERS, arithmetic, comparison, forms, numeric
from accel.numbers.scaled import integer_of, operator, quotient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Fixed"]

BITS = TypeVar("BITS", bound="Any")
FRAC = TypeVar("FRAC", bound="Any")


@numeric
@struct(kw_only=True)
class Fixed(Generic[BITS, FRAC]):
    """A signed number of `BITS` bits, `FRAC` of them behind the point: `raw` / 2**`FRAC`.

    Parameters
    ----------
    raw : Int8, Int16, Int32 or Int64
        The bits as an integer, in the smallest type that has so many. `of` makes one of a number.

    Notes
    -----
    Whatever is no multiple of 2**-FRAC is rounded to nearest, ties to even: floats given to `of`, products and quotients. `+`, `-`, `%` and negation are exact. What is
    beyond the range raises OverflowError; the methods `saturated`, `add`, `subtract`, `multiply` and `divide` give the nearest end instead. Integers may stand beside one, floats
    may not. `int` cuts towards zero, `float` is exact up to 53 bits. A product of more than 64 bits is computed by CPython.

    Examples
    --------
    >>> from accel.types import Fixed
    >>> Q15 = Fixed[16, 15]
    >>> x = Q15.of(0.7)
    >>> float(x), float(x * x), x.add(x) == Q15.saturated(2.0)
    (0.70001220703125, 0.490020751953125, True)
    """

    raw: "integer_of(BITS)"  # type: ignore[valid-type]  # noqa: UP037
    __promotes__ = INTEGERS
    __array_ufunc__ = None

    @staticmethod
    def result(raw: Any) -> Any:
        """The number of these bits, if there is room for them."""
        comptime_assert(1 < BITS <= 64 and 0 <= FRAC <= BITS, "a fixed-point number has 2 to 64 bits")  # type: ignore[misc]
        if not comptime(-(2 ** (BITS - 1))) <= raw <= comptime(2 ** (BITS - 1) - 1):  # type: ignore[misc]
            raise OverflowError("the result is beyond the range of this fixed-point type")
        return Fixed[BITS, FRAC](raw=comptime(integer_of(BITS))(raw))  # type: ignore[misc]

    @staticmethod
    def nearest(raw: Any) -> Any:
        """The number of these bits, or the nearest end of the range."""
        low, high = comptime(-(2 ** (BITS - 1))), comptime(2 ** (BITS - 1) - 1)  # type: ignore[misc]
        return Fixed[BITS, FRAC](raw=comptime(integer_of(BITS))(low if raw < low else high if raw > high else raw))  # type: ignore[misc]

    @staticmethod
    def one() -> Any:
        return comptime(2**FRAC)  # type: ignore[misc]

    @staticmethod
    def of(x: Any) -> Any:
        """The nearest number to an int or a float."""
        return Fixed[BITS, FRAC].result(round(x * comptime(2.0**FRAC)) if isinstance(x, float) else int(x) << FRAC)  # type: ignore[misc]

    @staticmethod
    def saturated(x: Any) -> Any:
        """The nearest number to an int or a float, however large."""
        end = comptime(2.0 ** (BITS - FRAC))  # type: ignore[misc]
        return Fixed[BITS, FRAC].nearest(round(max(min(x, end), -end) * comptime(2.0**FRAC)) if isinstance(x, float) else int(x) << FRAC)  # type: ignore[misc]

    @staticmethod
    def operand(other: Any) -> Any:
        if isinstance(other, comptime(forms(Fixed[BITS, FRAC]))):
            return int(other.raw)
        return int(other) << FRAC if isinstance(other, INTEGERS) else NotImplemented  # type: ignore[misc]

    __add__, __radd__, add = operator(lambda a, b, one: a + b)
    __sub__, __rsub__, subtract = operator(lambda a, b, one: a - b)
    __mul__, __rmul__, multiply = operator(lambda a, b, one: quotient(a * b, one))
    __truediv__, __rtruediv__, divide = operator(lambda a, b, one: quotient(a * one, b))
    __mod__, __rmod__ = arithmetic(lambda a, b: a % b)
    __eq__, __ne__ = comparison(lambda a, b: a == b), comparison(lambda a, b: a != b)
    __lt__, __le__ = comparison(lambda a, b: a < b), comparison(lambda a, b: a <= b)
    __gt__, __ge__ = comparison(lambda a, b: a > b), comparison(lambda a, b: a >= b)

    def __neg__(self) -> Any:
        return self.result(-int(self.raw))

    def __abs__(self) -> Any:
        return self.result(abs(int(self.raw)))

    def __int__(self) -> Any:
        return int(self.raw) >> FRAC if int(self.raw) >= 0 else -(-int(self.raw) >> FRAC)  # type: ignore[misc]

    def __float__(self) -> float:
        return int(self.raw) / comptime(2**FRAC)  # type: ignore[misc, no-any-return]

    def __bool__(self) -> bool:
        return int(self.raw) != 0

    def __hash__(self) -> int:
        return hash(int(self.raw) >> FRAC if int(self.raw) % 2**FRAC == 0 else int(self.raw) / 2**FRAC)  # type: ignore[misc]
