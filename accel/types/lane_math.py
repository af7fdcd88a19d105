"""What NumPy has no function for, of what is done with lanes (`accel.types.simd`): sums rounded once, floats cut to integers, the order of reductions."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["fold", "fused", "saturate"]


def fold(lanes: list[Any], join: Callable[[Any, Any], Any]) -> Any:
    """What reductions do with lanes: the upper half is joined with the lower one, until one is left. The middle one of an odd number waits.

    Examples
    --------
    >>> fold(list("abcde"), lambda a, b: a + b)
    'adcbe'
    """
    while len(lanes) > 1:
        half = (len(lanes) + 1) // 2
        lanes = [join(a, b) for a, b in zip(lanes, lanes[half:], strict=False)] + lanes[len(lanes) - half : half]
    return lanes[0]


def saturate(wide: Any, char: str) -> Any:
    """Floats cut to the range of an integer dtype, as Python's ints in an array of objects."""
    import numpy

    bounds = numpy.iinfo(numpy.dtype(char))
    return numpy.array([0 if x != x else bounds.max if x >= bounds.max else bounds.min if x <= bounds.min else int(x) for x in wide.tolist()], object)


def fused(char: str, x: float, y: float, z: float) -> Any:
    """`x * y + z` of numbers of a dtype, rounded once: worked out in fractions."""
    from fractions import Fraction

    if not all(map(math.isfinite, (x, y, z))):
        if math.isfinite(x) and math.isfinite(y):
            return z
        product = math.nan if 0.0 in (x, y) else x * y
        return math.nan if math.isinf(z) and z == -product else product + z
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    if not exact:  # the sign of a zero is that of the sum
        return math.copysign(0.0, math.copysign(1.0, x) * math.copysign(1.0, y)) + z if not (x and y) else 0.0
    return _rounded(exact, 53, -1074, 1024) if char == "d" else _rounded(exact, 24, -149, 128)


def _rounded(exact: Any, digits: int, least: int, beyond: int) -> float:
    """A fraction rounded to a float of so many binary digits, ties to even; `least` is the exponent of the least one, `beyond` that of the first too large."""
    from fractions import Fraction

    two = Fraction(2)

    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < two**exponent
    step = max(exponent - digits + 1, least)
    turned = round(size / two**step)  # ties to even
    if turned.bit_length() + step > beyond:
        return -math.inf if exact < 0 else math.inf
    return -math.ldexp(turned, step) if exact < 0 else math.ldexp(turned, step)
