"""Dual numbers: a value, and how it changes along some directions."""

from __future__ import annotations

from typing import Generic, TypeVar

from accel.compile_time import comptime
from accel.decorators import struct
from accel.numbers.protocol import comparison, forms, numeric
from accel.numbers.slopes import BESIDE, operator, power, slope_of_base, slope_of_exponent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Dual"]

T = TypeVar("T", bound="Any")
N = TypeVar("N")


@numeric
@struct
class Dual(Generic[T, N]):
    """A number of type `T` with its derivatives along `N` directions: what is computed with it is differentiated on the way.

    Parameters
    ----------
    value : T
        The number: `float`, `Float32` or `Float64`.
    partials : tuple of T
        Its derivative along each direction.

    Notes
    -----
    By the chain rule f(a + b d) is f(a) + f'(a) b d, where d * d = 0. Values are to the last bit those without derivatives. Comparisons, `bool`, `int` and hashes are those
    of the value. At 0 the derivative of `abs` is 0, and so is that of `//` everywhere. Where a slope is infinite, as that of `x ** 0.5` at 0, the operator raises what Python's
    numbers raise. There is no `float(x)`, which would lose the derivatives; `grad` knows the functions of `math`.

    References
    ----------
    R. E. Wengert, A simple automatic derivative evaluation program, 1964.

    Examples
    --------
    >>> from accel.types import Dual
    >>> x = Dual[float, 1](3.0, (1.0,))
    >>> (x * x + 1 / x).partials == (2 * 3.0 - 1 / 3.0**2,)
    True
    """

    value: T
    partials: "tuple[(T,) * N]"  # type: ignore[valid-type]  # noqa: UP037
    __promotes__ = BESIDE
    __array_ufunc__ = None

    @staticmethod
    def of(x: Any) -> Any:
        """A number that does not change."""
        return Dual[T, N](T(x), tuple(T(0) for _ in comptime(range(N))))  # type: ignore[misc]

    @staticmethod
    def operand(other: Any) -> Any:
        if isinstance(other, comptime(forms(Dual[T, N]))):
            return other.value
        if isinstance(other, (int, float)):
            return other
        return T(other) if isinstance(other, BESIDE) else NotImplemented  # type: ignore[misc]

    def along(self, value: Any, slope: Any) -> Any:
        """What has this value, and the slope `slope` in this number."""
        return Dual[T, N](T(value), tuple(T(slope * self.partials[k]) for k in comptime(range(N))))  # type: ignore[misc]

    def joined(self, other: Any, value: Any, slope: Any, others_slope: Any) -> Any:
        """What has this value, and these slopes in this number and in the other."""
        p, q = self.partials, other.partials
        return Dual[T, N](T(value), tuple(T(slope * p[k] + others_slope * q[k]) for k in comptime(range(N))))  # type: ignore[misc]

    __add__, __radd__ = operator(lambda a, b: a + b, lambda a, b, y: 1, lambda a, b, y: 1)
    __sub__, __rsub__ = operator(lambda a, b: a - b, lambda a, b, y: 1, lambda a, b, y: -1)
    __mul__, __rmul__ = operator(lambda a, b: a * b, lambda a, b, y: b, lambda a, b, y: a)
    __truediv__, __rtruediv__ = operator(lambda a, b: a / b, lambda a, b, y: 1 / b, lambda a, b, y: -y / b)
    __floordiv__, __rfloordiv__ = operator(lambda a, b: a // b, lambda a, b, y: 0, lambda a, b, y: 0)
    __mod__, __rmod__ = operator(lambda a, b: a % b, lambda a, b, y: 1, lambda a, b, y: -(a // b))
    __pow__, __rpow__ = operator(power, slope_of_base, slope_of_exponent)
    __eq__, __ne__ = comparison(lambda a, b: a == b), comparison(lambda a, b: a != b)
    __lt__, __le__ = comparison(lambda a, b: a < b), comparison(lambda a, b: a <= b)
    __gt__, __ge__ = comparison(lambda a, b: a > b), comparison(lambda a, b: a >= b)

    def __neg__(self) -> Any:
        return self.along(-self.value, -1)

    def __abs__(self) -> Any:
        return self.along(abs(self.value), 1 if self.value > 0 else -1 if self.value < 0 else 0)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value != 0)

    def __hash__(self) -> int:
        return hash(self.value)
