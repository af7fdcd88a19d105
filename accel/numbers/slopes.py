"""The slopes of functions and operators: how what they give changes with what they get."""

from __future__ import annotations

import math

from accel.numbers.protocol import INTEGERS
from accel.types import Float32, Float64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["BESIDE", "FLAT", "NUMPY_NAMES", "SLOPES", "TWO_SLOPES", "operator", "power", "slope_of_base", "slope_of_exponent"]

BESIDE = (*INTEGERS, float, Float32, Float64)


def operator(apply: Callable[..., Any], first: Callable[..., Any], second: Callable[..., Any]) -> tuple[Any, Any]:
    """The methods of an operator, the reflected one second. `apply` is the operator; the slopes in its first and its second operand get these and the result."""

    def method(self: Any, other: Any) -> Any:
        a, b = self.value, self.operand(other)
        if b is NotImplemented:
            return b
        y = apply(a, b)
        return self.along(y, first(a, b, y)) if isinstance(other, BESIDE) else self.joined(other, y, first(a, b, y), second(a, b, y))

    def reflected(self: Any, other: Any) -> Any:
        a, b = self.operand(other), self.value
        if a is NotImplemented:
            return a
        y = apply(a, b)
        return self.along(y, second(a, b, y))

    return method, reflected


def power(a: Any, b: Any) -> Any:
    if a < 0 and b % 1 != 0:
        raise ValueError("a negative number to a power that is no integer is complex, and has no derivative here")
    return a**b


def slope_of_base(a: Any, b: Any, y: Any) -> Any:
    return b * a ** (b - 1 if b != 0 else b)


def slope_of_exponent(a: Any, b: Any, y: Any) -> Any:
    if a < 0:
        raise ValueError("a power of a negative number has no derivative in its exponent")
    return y * math.log(a) if a > 0 else y * 0


def slope_of_tanh(x: float, y: float) -> float:
    """1 - tanh(x)**2, which has no digits left where tanh(x) is nearly 1, as 4 t / (1 + t)**2 with t = exp(-2 |x|)."""
    t = math.exp(-2.0 * abs(x))
    return 4.0 * t / ((1.0 + t) * (1.0 + t))


def slope_of_erf(x: float, y: float) -> float:
    """2 / sqrt(pi) exp(-x x), the square from a part of x whose square is exact and the rest: the error of x * x would be that of the exponential."""
    if not abs(x) < 30.0:
        return 0.0 * x if x != x else 0.0
    h = math.floor(x * 1048576.0) / 1048576.0
    return 1.1283791670955126 * math.exp(-h * h) * math.exp((h - x) * (h + x))


# A function of `math` -> its slope at x, where its value is y (Abramowitz and Stegun, Handbook of Mathematical Functions, chapters 4 and 7). Factors such as
# (1 - x) (1 + x) keep the digits near 1 that 1 - x * x would lose.
SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "acos": lambda x, y: -1.0 / math.sqrt((1.0 - x) * (1.0 + x)),
    "acosh": lambda x, y: 1.0 / math.sqrt((x - 1.0) * (x + 1.0)),
    "asin": lambda x, y: 1.0 / math.sqrt((1.0 - x) * (1.0 + x)),
    "asinh": lambda x, y: 1.0 / math.hypot(x, 1.0),
    "atan": lambda x, y: 1.0 / (1.0 + x * x),
    "atanh": lambda x, y: 1.0 / ((1.0 - x) * (1.0 + x)),
    "cbrt": lambda x, y: 1.0 / (3.0 * y * y),
    "cos": lambda x, y: -math.sin(x),
    "cosh": lambda x, y: math.sinh(x),
    "degrees": lambda x, y: 57.29577951308232,
    "erf": slope_of_erf,
    "erfc": lambda x, y: -slope_of_erf(x, y),
    "exp": lambda x, y: y,
    "exp2": lambda x, y: y * 0.6931471805599453,
    "expm1": lambda x, y: math.exp(x),
    "fabs": lambda x, y: 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0,
    "log": lambda x, y: 1.0 / x,
    "log10": lambda x, y: 0.4342944819032518 / x,
    "log1p": lambda x, y: 1.0 / (1.0 + x),
    "log2": lambda x, y: 1.4426950408889634 / x,
    "radians": lambda x, y: 0.017453292519943295,
    "sin": lambda x, y: math.cos(x),
    "sinh": lambda x, y: math.cosh(x),
    "sqrt": lambda x, y: 0.5 / y,
    "tan": lambda x, y: 1.0 + y * y,
    "tanh": slope_of_tanh,
}

# A function of two numbers -> its slopes in the first, and in the second.
TWO_SLOPES: dict[str, tuple[Callable[[Any, Any, Any], Any], Callable[[Any, Any, Any], Any]]] = {
    "atan2": (lambda a, b, y: b / (a * a + b * b), lambda a, b, y: -a / (a * a + b * b)),
    "copysign": (lambda a, b, y: 1.0 if math.copysign(1.0, a) == math.copysign(1.0, b) else -1.0, lambda a, b, y: 0.0),
    "fmod": (lambda a, b, y: 1.0, lambda a, b, y: -math.trunc(a / b)),
    "hypot": (lambda a, b, y: a / y, lambda a, b, y: b / y),
    "pow": (slope_of_base, slope_of_exponent),
}

# Functions that do not change but in steps: they are asked for the value alone, and what they give is a plain number.
FLAT = ("ceil", "floor", "isfinite", "isinf", "isnan", "rint", "sign", "signbit", "trunc")

# A function of NumPy -> what `math` calls it.
NUMPY_NAMES = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctanh": "atanh", "arctan2": "atan2", "absolute": "fabs",
    "power": "pow", "float_power": "pow", "deg2rad": "radians", "rad2deg": "degrees",
}  # fmt: skip
