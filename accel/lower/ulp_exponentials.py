"""exp and tanh to one unit in the last place.

`exp`: with k = round(x / ln 2) and r = x - k ln 2 in [-0.3466, 0.3466], exp(x) = 2**k * (1 + r + r**2 q(r)), where q is the polynomial whose
largest error, relative to exp(r), is least: degree 9 (float64, 2**-57) or 4 (float32, 2**-28). Its first coefficient is that of the series. ln 2 is two numbers;
k comes out of the low bits of a sum with 1.5 * 2**52, which has been given the bias of the exponent, so that a shift makes 2**k of it.

`tanh`: in float64 it is x + x**3 p(x**2) up to |x| = 0.55, p by the same kind of fit (degree 9, 2**-55), beyond 1 - 2 / (exp(2 |x|) + 1). In float32 p is good up to 0.3
(degree 2, 2**-26); beyond it is m / (m + 2) with m = exp(2 |x|) - 1, which is 2**k (exp(r) - 1) + (2**k - 1), rounded once.

Coefficients: `python -m tests.accuracy --fit exp tanh`.
"""

from __future__ import annotations

from accel.lower.formula import Formula, Term

__all__ = ["emit_exp", "emit_tanh"]

_EXP = {
    "double": (
        0.5, 0.16666666666666433, 0.0416666666666035, 0.008333333333501244, 0.001388888892700542, 0.00019841269464189289,
        2.4801508393298985e-05, 2.755764201612492e-06, 2.762531173136195e-07, 2.497825381066778e-08,
    ),
    "float": (0.5, 0.16666533052921295, 0.04166724160313606, 0.008367542177438736, 0.0013863722560927272),
}  # fmt: skip
_TANH = {
    "double": (
        -0.33333333333332316, 0.13333333333168704, -0.05396825387607863, 0.021869485974803322, -0.008863194504207712,
        0.0035917196988130896, -0.001453216763787444, 0.0005791370363444053, -0.0002103024309076245, 5.102149797951731e-05,
    ),
    "float": (-0.33333060145378113, 0.13314832746982574, -0.05036624148488045),
}  # fmt: skip
_SMALL = {"double": 0.55, "float": 0.3}
_PER_LN2 = 1.4426950408889634
_LN2 = {"double": (0.6931471805599453, 2.3190468138462996e-17), "float": (0.6931471824645996, -1.904654323148236e-09)}
_SHIFT = {"double": 1.5 * 2.0**52 + 1023, "float": 1.5 * 2.0**23 + 127}
_MANTISSA = {"double": 52, "float": 23}
_NORMAL = {"double": 708.0, "float": 87.0}  # below, the result and 2**k are normal numbers
_BEYOND = {"double": 1000.0, "float": 150.0}  # far outside of all results
_SATURATED = {"double": 20.0, "float": 10.0}  # where tanh is 1


def reduce_exponent(f: Formula, x: Term, *, is_rough: bool = False) -> tuple[Term, Term]:
    """The term that has k in its low bits, and exp(r) - 1; a rough one does without the second part of ln 2."""
    shift, (high, low) = _SHIFT[x.type], _LN2[x.type]
    shifted = f.fma(x, _PER_LN2, shift)
    k = shifted - shift
    r = f.fma(k, -high, x)
    r = r if is_rough else f.fma(k, -low, r)
    return shifted, f.fma(f.polynomial(r, _EXP[x.type]), r * r, r)


def power_of_two(f: Formula, shifted: Term) -> Term:
    """2**k, a normal number, for k in the low bits."""
    return f.number(f.bits(shifted) << _MANTISSA[shifted.type])


def scale(f: Formula, shifted: Term, p: Term) -> Term:
    """2**k * (1 + p), also where that is subnormal or overflows: in two steps."""
    shift = _SHIFT[p.type]
    k = shifted - shift
    first = f.fma(k, 0.5, shift)
    one, other = power_of_two(f, first), power_of_two(f, (k - (first - shift)) + shift)
    return f.fma(one, p, one) * other


def emit_exp(f: Formula, x: Term) -> Term:
    """exp(x)."""
    shifted, p = reduce_exponent(f, x)
    power = power_of_two(f, shifted)

    def rest() -> Term:
        most = _BEYOND[x.type]
        within = f.select(x.test(">", most), most, f.select(x.test("<", -most), -most, x))  # NaN stays
        return scale(f, *reduce_exponent(f, within))

    return f.unless_rare(abs(x).test("<", _NORMAL[x.type]).inverted(), f.fma(power, p, power), rest)


def emit_tanh(f: Formula, x: Term) -> Term:
    """tanh(x)."""
    size, square, most = abs(x), x * x, _SATURATED[x.type]
    small = f.fma(size * square, f.polynomial(square, _TANH[x.type]), size)
    within = f.select(size.test(">", most), most, size)
    shifted, p = reduce_exponent(f, within + within, is_rough=not f.is_wide)
    power = power_of_two(f, shifted)
    if f.is_wide:
        large = 1.0 - 2.0 / f.fma(power, p, power + 1.0)
    else:
        less = f.fma(power, p, power - 1.0)
        large = less / (less + 2.0)
    return f.copysign(f.select(size.test("<", _SMALL[x.type]), small, large), x)
