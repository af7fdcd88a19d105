"""Floats of 16 bits with the range of float32."""

from __future__ import annotations

from accel.compile_time import comptime
from accel.decorators import struct
from accel.numbers.protocol import arithmetic, comparison, forms, numeric
from accel.types import Float32, UInt16, UInt32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["BFloat16"]


def rounded(x: Any) -> Any:
    """The upper half of the bits of a Float32, rounded to nearest, ties to even; of a NaN the quiet one of its sign."""
    n = int(x.view(UInt32))
    if x != x:
        return UInt16(n >> 31 << 15 | 0x7FC0)
    return UInt16(n + 0x7FFF + (n >> 16 & 1) >> 16)


def widened(bits: Any) -> Any:
    """The Float32 whose upper half is these bits."""
    return UInt32(int(bits) << 16).view(Float32)


@numeric
@struct(kw_only=True)
class BFloat16:
    """A float of 16 bits: sign, 8 bits of exponent, 7 of fraction.

    Parameters
    ----------
    bits : UInt16
        The upper half of the bits of a float32. `BFloat16.of(x)` makes one of a number.

    Notes
    -----
    An operator computes in Float32 and rounds to nearest, ties to even, as processors and the package ml_dtypes do; for `+ - * /` that is the correctly rounded result (S. A.
    Figueroa, When is double rounding innocuous?, 1995). `of` rounds a Python number to Float32 first. Infinities, subnormals and signed zeros are those of Float32, a NaN is the
    quiet one of its sign. Beside one, a Python number is rounded to a BFloat16 before, as NumPy does with its own floats; `numpy.float64` is a Python float, other scalars are
    refused. What NumPy warns of for float32, it warns of here.

    `from_array` takes arrays of `ml_dtypes.bfloat16`, and `to_ml_dtypes` gives one: the same memory.

    Examples
    --------
    >>> from accel.types import BFloat16
    >>> x = BFloat16.of(1.01)
    >>> x, float(x), float(x * 3), x < 2
    (BFloat16(bits=np.uint16(16257)), 1.0078125, 3.03125, True)
    """

    bits: UInt16
    __promotes__ = (int, float)
    __array_ufunc__ = None

    @staticmethod
    def of(x: Any) -> Any:
        """The nearest one to a number."""
        return BFloat16(bits=rounded(Float32(x)))

    @staticmethod
    def result(x: Any) -> Any:
        """The nearest one to a Float32."""
        return BFloat16(bits=rounded(x))

    @staticmethod
    def operand(other: Any) -> Any:
        """The Float32 that stands for an operand; NotImplemented where it may not stand there."""
        if isinstance(other, comptime(forms(BFloat16))):
            return widened(other.bits)
        return widened(rounded(Float32(other))) if isinstance(other, (int, float)) else NotImplemented

    @staticmethod
    def from_array(array: Any) -> Any:
        """An array of `ml_dtypes.bfloat16`, of uint16, or a structured one of such, as an array of these: the same memory."""
        from accel.types.records import as_array

        plain: Any = BFloat16
        return as_array(plain, array.view(plain.dtype) if array.dtype.name in ("bfloat16", "uint16") else array)

    @staticmethod
    def to_ml_dtypes(array: Any) -> Any:
        """An array of these as one of `ml_dtypes.bfloat16`: the same memory."""
        import ml_dtypes

        return array["bits"].view(ml_dtypes.bfloat16)

    __add__, __radd__ = arithmetic(lambda a, b: a + b)
    __sub__, __rsub__ = arithmetic(lambda a, b: a - b)
    __mul__, __rmul__ = arithmetic(lambda a, b: a * b)
    __truediv__, __rtruediv__ = arithmetic(lambda a, b: a / b)
    __floordiv__, __rfloordiv__ = arithmetic(lambda a, b: a // b)
    __mod__, __rmod__ = arithmetic(lambda a, b: a % b)
    __pow__, __rpow__ = arithmetic(lambda a, b: a**b)
    __eq__, __ne__ = comparison(lambda a, b: a == b), comparison(lambda a, b: a != b)
    __lt__, __le__ = comparison(lambda a, b: a < b), comparison(lambda a, b: a <= b)
    __gt__, __ge__ = comparison(lambda a, b: a > b), comparison(lambda a, b: a >= b)

    def __neg__(self) -> Any:
        return BFloat16(bits=UInt16(int(self.bits) ^ 0x8000))

    def __abs__(self) -> Any:
        return BFloat16(bits=UInt16(int(self.bits) & 0x7FFF))

    def __int__(self) -> int:
        return int(widened(self.bits))

    def __float__(self) -> float:
        return float(widened(self.bits))

    def __bool__(self) -> bool:
        return float(widened(self.bits)) != 0.0

    def __hash__(self) -> int:
        return hash(float(widened(self.bits)))
