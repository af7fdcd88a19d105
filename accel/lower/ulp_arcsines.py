"""asin and acos to one unit in the last place.

Up to 1/2, asin(x) is x + x**3 P(x**2), P the polynomial of least relative error: degree 12 (float64, 2**-59) or 5 (float32, 2**-29). Beyond, the root s of
(1 - |x|) / 2, which is exact, is the sine of half of what is left: acos(|x|) = 2 asin(s), and asin(|x|) = pi/2 - 2 asin(s). One polynomial serves both, of
what is chosen before. pi/2 is two numbers.

Coefficients: `python -m tests.accuracy --fit asin`.
"""

from __future__ import annotations

from accel.lower.formula import Formula, Term

__all__ = ["emit_acos", "emit_asin"]

_P = {
    "double": (
        0.1666666666666676, 0.07499999999970798, 0.04464285717461325, 0.030381942707736392, 0.022372214988547242, 0.01735161200378967,
        0.013980820605456218, 0.011398912113635576, 0.010780252013885947, 0.003706415188101351, 0.02170742552425324, -0.020999026131524993,
        0.03262859836889829,
    ),
    "float": (0.16666659712791443, 0.07500503957271576, 0.04451695457100868, 0.03180771321058273, 0.014438615180552006, 0.03751644119620323),
}  # fmt: skip
_HALF_PI = {"double": (1.5707963267948966, 6.123233995736766e-17), "float": (1.5707963705062866, -4.3711390001862426e-08)}


def _reduce(f: Formula, x: Term) -> tuple[Term, Term, Term]:
    """Where |x| is at most 1/2, |x|, elsewhere s; and what its arcsine is more."""
    size = abs(x)
    small = size.test("<=", 0.5)
    z = f.select(small, x * x, f.fma(size, -0.5, 0.5))
    t = f.select(small, size, f.call("sqrt", z))
    return small, t, t * z * f.polynomial(z, _P[x.type])


def emit_asin(f: Formula, x: Term) -> Term:
    """asin(x)."""
    small, t, rest = _reduce(f, x)
    high, low = _HALF_PI[x.type]
    twice = t + t
    first = high - twice
    large = first + (((high - first) - twice) + f.fma(rest, -2.0, low))
    return f.copysign(f.select(small, t + rest, large), x)


def emit_acos(f: Formula, x: Term) -> Term:
    """acos(x)."""
    small, t, rest = _reduce(f, x)
    high, low = _HALF_PI[x.type]
    near = f.copysign(t, x), f.copysign(rest, x)
    middle = high - (near[0] - (low - near[1]))
    negative = x.test("<", 0.0)
    half = t + f.select(negative, rest - low, rest)
    large = f.select(negative, high - half, half)
    return f.select(small, middle, large + large)
