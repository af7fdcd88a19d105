"""Integers modulo a number that is known while compiling."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from accel.compile_time import comptime, comptime_assert
from accel.decorators import struct
from accel.numbers.protocol import INTEGERS, arithmetic, comparison, forms, numeric

__all__ = ["Mod"]

P = TypeVar("P", bound="Any")


@numeric
@struct
class Mod(Generic[P]):
    """An integer modulo `P`, which is from 1 to 2**63 - 1.

    Parameters
    ----------
    value : int
        Any int: it stands for its remainder, which `int` gives.

    Notes
    -----
    `+ - *`, negation and powers with an int are exact. `inverse()`, `/` and negative powers raise ZeroDivisionError where a number shares a factor with `P`. Ints beside one stand
    for their remainders; `==` is for numbers of this type alone. Up to P = 3037000500 a product is one of 64 bits; beyond, it takes 63 steps of adding, a microsecond or less. Sums
    for P above 2**62 may be left to CPython. Methods: D. E. Knuth, The Art of Computer Programming, volume 2, 4.5.2 (algorithm X) and 4.6.3.

    Examples
    --------
    >>> from accel.types import Mod
    >>> M = Mod[998244353]
    >>> int(M(2) / M(3) * 3), int(M(3) ** 998244352), int(5 - M(7))
    (2, 1, 998244351)
    """

    value: int
    __promotes__ = INTEGERS
    __array_ufunc__ = None

    @staticmethod
    def of(n: Any) -> Any:
        comptime_assert(0 < P < 2**63, "a modulus is from 1 to 2**63 - 1")  # type: ignore[misc]  # in methods a parameter is its argument
        return Mod[P](int(n) % P)  # type: ignore[misc]

    result = of

    @staticmethod
    def operand(other: Any) -> Any:
        if isinstance(other, comptime(forms(Mod[P]))):
            return other.value % P  # type: ignore[misc]
        return int(other) % P if isinstance(other, INTEGERS) else NotImplemented  # type: ignore[misc]

    @staticmethod
    def product(a: int, b: int) -> Any:
        """Of two remainders. The sum of two that is beyond P is written a - (P - b), which stays within 64 bits."""
        if comptime(P <= 3037000500):  # type: ignore[misc]
            return Mod[P](a * b % P)  # type: ignore[misc]
        total = 0
        for bit in range(62, -1, -1):
            for addend in (total, a if b >> bit & 1 else 0):
                total = total - (P - addend) if total >= P - addend else total + addend  # type: ignore[misc]
        return Mod[P](total)

    __add__, __radd__ = arithmetic(lambda a, b: a + b)
    __sub__, __rsub__ = arithmetic(lambda a, b: a - b)

    def __mul__(self, other: Any) -> Any:
        n = self.operand(other)
        return n if n is NotImplemented else self.product(self.operand(self), n)

    __rmul__ = __mul__

    def inverse(self) -> Any:
        """The number that gives 1 when multiplied with this one."""
        a, b, x, y = self.operand(self), P, 1, 0  # type: ignore[misc]
        while b != 0:
            q = a // b
            a, b, x, y = b, a - q * b, y, x - q * y
        if a != 1:
            raise ZeroDivisionError("a number that shares a factor with the modulus has no inverse")
        return self.of(x)

    def __truediv__(self, other: Any) -> Any:
        n = self.operand(other)
        return n if n is NotImplemented else self.of(n).inverse() * self

    def __rtruediv__(self, other: Any) -> Any:
        n = self.operand(other)
        return n if n is NotImplemented else self.inverse() * n

    def __pow__(self, n: Any) -> Any:
        if not isinstance(n, INTEGERS):
            return NotImplemented
        n, base, result = abs(int(n)), self.inverse() if n < 0 else self, self.of(1)
        while n > 0:
            if n & 1:
                result = result * base
            base, n = base * base, n >> 1
        return result

    __eq__, __ne__ = comparison(lambda a, b: a == b, beside=False), comparison(lambda a, b: a != b, beside=False)

    def __neg__(self) -> Any:
        return self.of(-self.operand(self))

    def __int__(self) -> int:
        return self.operand(self)  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return self.operand(self) != 0  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        return hash(self.operand(self))

