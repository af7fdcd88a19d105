"""Integers that stand for fractions: their types, their rounding, and operators that raise or saturate."""

from __future__ import annotations

from accel.types import Int8, Int16, Int32, Int64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["integer_of", "operator", "quotient"]


def integer_of(bits: int) -> Any:
    """The smallest of NumPy's integer types that has so many bits."""
    return Int8 if bits <= 8 else Int16 if bits <= 16 else Int32 if bits <= 32 else Int64


def quotient(n: int, d: int) -> int:
    """n / d rounded to the nearest integer, ties to even."""
    if d < 0:
        n, d = -n, -d
    q = n // d
    twice = 2 * (n - q * d)
    return q + 1 if twice > d or (twice == d and q & 1) else q


def operator(operation: Any) -> tuple[Any, Any, Any]:
    """The methods of an operator: its own, the reflected one, and one that saturates."""

    def saturating(self: Any, other: Any) -> Any:
        return self.nearest(operation(int(self.raw), self.operand(other), self.one()))

    def apply(self: Any, a: Any, b: Any) -> Any:
        return NotImplemented if a is NotImplemented or b is NotImplemented else self.result(operation(a, b, self.one()))

    return lambda self, other: apply(self, int(self.raw), self.operand(other)), lambda self, other: apply(self, self.operand(other), int(self.raw)), saturating
