"""The error functions erf and erfc to one unit in the last place, of float64: those of `math`; NumPy has none.

`erf`: up to |x| = 1 it is x + x P(x**2), P the polynomial of degree 12 of least relative error (2**-56); beyond 1 - exp(-x**2) G(t) with t = (|x| - 2) / (|x| + 2), G of degree 11
(2**-54, relative to erf).

`erfc`: up to x = 1/2 (and for negative x) it is 1 - erf(x), with P of degree 12 for |x| below 1 as above; beyond exp(-x**2) F(t) / (1 + 2 x) with t = (x - 3) / (x + 3), F of
degree 21 (2**-57). The square of x is two numbers there. (M. M. Shepherd, J. G. Laframboise: Chebyshev approximation of (1 + 2 x) exp(x**2) erfc x in 0 <= x < inf, 1981.)

Coefficients: `python -m tests.accuracy --fit erf erfc`.
"""

from __future__ import annotations

from accel.lower.formula import Formula, Term
from accel.lower.ulp_exponentials import power_of_two, reduce_exponent, reduce_pair, scale

__all__ = ["emit_erf", "emit_erfc"]

_P = (
    0.1283791670955126, -0.3761263890318375, 0.11283791670954851, -0.026866170645071758, 0.005223977624769354, -0.0008548326978055222,
    0.00012055331010968482, -1.492559286384708e-05, 1.6460962199140313e-06, -1.6349909620893675e-07, 1.4657082947072074e-08, -1.1362514882452506e-09,
    5.939817910500988e-11,
)  # fmt: skip
_G = (
    0.25539567631050714, -0.4271858474139465, 0.24165819424093563, -0.07897858103658476, 0.003732892522854209, 0.006997464625703079,
    -0.0008471357761507404, -0.000982060853769594, 4.303873866981491e-05, 0.0001741404062869067, 3.294224797140047e-05, -1.1743925231801155e-05,
)  # fmt: skip
_F = (
    1.2530080582697296, -0.1356211061245813, -0.04756229435344976, 0.12964515870277996, -0.11927366341537765, 0.06830802734320932,
    -0.02377051491669089, 0.0025293918301229714, 0.0018886903294336851, -0.0007798324133718545, -0.00010515952669462704, 0.00012510020409482267,
    4.947895479969731e-06, -2.010376784924819e-05, -7.255262623915435e-07, 3.4799023697133834e-06, 3.422775320394949e-07, -6.270466141129533e-07,
    -1.193492198557194e-07, 1.091848783560391e-07, 2.2007664216772503e-08, -1.4404141504882386e-08,
)  # fmt: skip
_F_LOW = 4.197890661290476e-17  # what the first coefficient lacks
_MOST = 6.0  # beyond, erf is 1
_NORMAL, _LAST = 26.5, 28.0  # beyond, erfc is subnormal; it is 0


def _small(f: Formula, x: Term) -> Term:
    return f.fma(x, f.polynomial(x * x, _P), x)


def _large(f: Formula, size: Term) -> Term:
    """erf of 1 and more."""
    b = f.select(size.test(">", _MOST), _MOST, size)
    shifted, p = reduce_exponent(f, -(b * b))
    power = power_of_two(f, shifted)
    return f.fma(-f.fma(power, p, power), f.polynomial((b - 2.0) / (b + 2.0), _G), 1.0)


def emit_erf(f: Formula, x: Term) -> Term:
    """erf(x)."""
    size = abs(x)
    return f.copysign(f.select(size.test("<=", 1.0), _small(f, size), _large(f, size)), x)


def emit_erfc(f: Formula, x: Term) -> Term:
    """1 - erf(x)."""
    size = abs(x)
    near = f.copysign(f.select(size.test("<=", 1.0), _small(f, size), _large(f, size)), x)
    b = f.select(x.test("<", 0.5), 0.5, f.select(x.test(">", _LAST), _LAST, x))
    square = b * b
    shifted, r, p = reduce_pair(f, -square, f.fma(-b, b, square))
    t, below = (b - 3.0) / (b + 3.0), f.fma(b, 2.0, 1.0)
    slope, inverse = f.polynomial(t, _F[1:]), 1.0 / below
    above = f.fma(t, slope, _F[0])
    ratio = above * inverse
    rest = (f.fma(-ratio, below, above) - ratio * f.fma(b, 2.0, 1.0 - below)) + (f.fma(t, slope, _F[0] - above) + _F_LOW)  # what roundings lost
    factor = ratio + f.fma(ratio, r, f.fma(ratio, p, rest * inverse))
    far = f.unless_rare(x.test(">", _NORMAL), factor * power_of_two(f, shifted), lambda: scale(f, shifted, factor))
    return f.select(x.test(">=", 0.5), far, 1.0 - near)
