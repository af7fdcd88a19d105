"""Integers of fixed width that stop at their ends instead of wrapping."""

from __future__ import annotations

from functools import cache
from typing import Generic, TypeVar

from accel.compile_time import comptime
from accel.decorators import struct
from accel.numbers.protocol import INTEGERS, arithmetic, comparison, forms, numeric

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Saturating"]

T = TypeVar("T", bound="Any")


@cache
def limits(integer: Any) -> tuple[int, int]:
    """The smallest and the largest value of one of NumPy's integer types."""
    import numpy

    found = numpy.iinfo(integer)
    return int(found.min), int(found.max)


@numeric
@struct
class Saturating(Generic[T]):
    """An integer of a NumPy type `T` whose operators give the nearest value it can hold.

    Parameters
    ----------
    value : T
        The number, or an int that `T` can hold; `of` takes any.

    Notes
    -----
    `+ - * // %`, negation and `abs` compute exactly and go to the nearest end of the range where the result is beyond it. Integers beside one, Python's and NumPy's of any
    size, enter with their very value: `Saturating[UInt8](3) - 1000` is 0. Dividing by zero raises ZeroDivisionError. Results beyond 64 bits, and all of `UInt64`, are
    computed by CPython.

    Examples
    --------
    >>> from accel.types import Saturating, UInt8
    >>> S = Saturating[UInt8]
    >>> S(250) + S(10) == S(255), S(3) + 4 == 7, S.of(-5)
    (True, True, Saturating[numpy.uint8](value=np.uint8(0)))
    """

    value: T
    __promotes__ = INTEGERS
    __array_ufunc__ = None

    @staticmethod
    def of(n: Any) -> Any:
        """The nearest value to an integer."""
        low, high = comptime(limits(T))  # type: ignore[misc]  # in methods a parameter is its argument
        n = int(n)
        return Saturating[T](T(low if n < low else high if n > high else n))  # type: ignore[misc]

    result = of

    @staticmethod
    def operand(other: Any) -> Any:
        """The int that stands for an operand; NotImplemented where it may not stand there."""
        if isinstance(other, comptime(forms(Saturating[T]))):
            return int(other.value)
        return int(other) if isinstance(other, comptime(Saturating[T].__promotes__)) else NotImplemented

    __add__, __radd__ = arithmetic(lambda a, b: a + b)
    __sub__, __rsub__ = arithmetic(lambda a, b: a - b)
    __mul__, __rmul__ = arithmetic(lambda a, b: a * b)
    __floordiv__, __rfloordiv__ = arithmetic(lambda a, b: a // b)
    __mod__, __rmod__ = arithmetic(lambda a, b: a % b)

    __eq__ = comparison(lambda a, b: a == b)
    __ne__ = comparison(lambda a, b: a != b)
    __lt__ = comparison(lambda a, b: a < b)
    __le__ = comparison(lambda a, b: a <= b)
    __gt__ = comparison(lambda a, b: a > b)
    __ge__ = comparison(lambda a, b: a >= b)

    def __neg__(self) -> Any:
        return self.of(-int(self.value))

    def __abs__(self) -> Any:
        return self.of(abs(int(self.value)))

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(int(self.value))

    def __bool__(self) -> bool:
        return int(self.value) != 0

    def __hash__(self) -> int:
        return hash(int(self.value))

    __index__ = __int__
