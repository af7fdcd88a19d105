"""pow and cbrt to one unit in the last place.

`pow` of float64: with x = 2**k (1 + g), s = g / (2 + g) and z = s**2, log(1 + g) = 2 s (1 + z (1/3 + z W(z))), W the polynomial of degree 7 whose largest error, relative to the
logarithm, is least (2**-66). All but z W is computed with pairs of numbers; so is the product of the logarithm to base 2 with y. The power of two is that of `exp2`.
float32 is computed in float64: log2(1 + g) = s L(z), L of degree 4 (2**-37), and a polynomial of degree 6 for the power (2**-29).
What is not a positive normal number to a finite power, with a normal result, is libm's.

`cbrt`: |x| = 8**q m with m in [0.35, 2.83]; a polynomial (degree 4, 2**-7) for u = m**(-1/3), which steps u += u (e/3 + 2/9 e**2), e = 1 - m u**3, make exact to 2**-21 and
2**-60 (float32: one step, to e**3). Then m u**2, corrected by what its cube lacks.

Coefficients: `python -m tests.accuracy --fit pow cbrt`.
"""

from __future__ import annotations

import math

from accel.lower.formula import Formula, Term
from accel.lower.ulp_exponentials import power_of_two, reduce_power
from accel.lower.ulp_logarithms import split

__all__ = ["emit_cbrt", "emit_pow"]

Pair = tuple[Term, Term]  # two numbers that stand for their sum

_W = (
    0.19999999999999987, 0.1428571428572267, 0.11111111108740782, 0.09090909438527364, 0.07692278205436419, 0.06668167567179042, 0.0583722930430162,
    0.05996006523092379,
)  # fmt: skip
_L32 = (2.8853900817902036, 0.9617966731823444, 0.5770836174411457, 0.41167066166632654, 0.34077000054756656)
_EXP2_32 = (
    1.0000000005585057, 0.6931472058861006, 0.2402264686841109, 0.05550328451646495, 0.009618490330176274, 0.0013400063107025602, 0.00015345713999614084,
)  # fmt: skip
_THIRD = (0.3333333333333333, 1.850371707708594e-17)
_TWO_PER_LN2 = (2.8853900817779268, 4.0710547481862066e-17)
_LEAST = {"double": 2.0**-1022, "float": 2.0**-126}
_NORMAL = {"double": 1022.0, "float": 126.0}
_SHIFT = 1.5 * 2.0**52 + 1023
_ROOT3 = (1.8922589902554305, -1.764724966341029, 1.228940316026948, -0.41609747035455913, 0.053044873793731455)


def _sum(x: Term, y: Term) -> Pair:
    """x + y and what is lost; |x| is the larger one, or x is 0."""
    high = x + y
    return high, (x - high) + y


def _product(f: Formula, x: Pair, y: Pair) -> Pair:
    high = x[0] * y[0]
    return high, f.fma(x[0], y[0], -high) + f.fma(x[0], y[1], x[1] * y[0])


def _log2(f: Formula, x: Term) -> Pair:
    k, g = split(f, x)
    below, rest = _sum(f.term(2.0, x.type), g)
    inverse = 1.0 / below
    first = g * inverse
    s = first, f.fma(-first, rest, f.fma(-first, below, g)) * inverse
    z = _product(f, s, s)
    third, lost = _sum(f.term(_THIRD[0], x.type), z[0] * f.polynomial(z[0], _W))
    t = _product(f, s, _product(f, z, (third, lost + _THIRD[1])))
    high, low = _sum(s[0], t[0])
    scaled = _product(f, (high, low + (t[1] + s[1])), (f.term(_TWO_PER_LN2[0], x.type), f.term(_TWO_PER_LN2[1], x.type)))
    whole, low = _sum(k, scaled[0])
    return whole, low + scaled[1]


def emit_pow(f: Formula, x: Term, y: Term) -> Term:
    """x**y."""
    if f.is_wide:
        log = _log2(f, x)
        exponent = y * log[0]
        shifted, p = reduce_power(f, exponent, f.fma(y, log[0], -exponent) + y * log[1])
        power = power_of_two(f, shifted)
        made = f.fma(power, p, power)
    else:
        k, g = split(f, x)
        wide, k = f.widened(g), f.widened(k)
        s = wide / (wide + 2.0)
        exponent = f.widened(y) * f.fma(s, f.polynomial(s * s, _L32), k)
        shifted = exponent + _SHIFT
        made = f.narrowed(power_of_two(f, shifted) * f.polynomial(exponent - (shifted - _SHIFT), _EXP2_32))
    usual = x.test(">=", _LEAST[x.type]) & x.test("<", math.inf) & abs(exponent).test("<", _NORMAL[x.type])
    rare = usual.inverted()
    return f.unless_rare(rare, made, lambda: f.by_libm("pow", rare, x, y))


def _root_of_normal(f: Formula, size: Term) -> Term:
    k, g = split(f, size)
    shift = _SHIFT if f.is_wide else 1.5 * 2.0**23 + 127
    shifted = f.fma(k, 1.0 / 3.0, shift)
    rest = f.fma(shifted - shift, -3.0, k)  # -1, 0 or 1
    m = (g + 1.0) * power_of_two(f, rest + shift)
    u = f.polynomial(m, _ROOT3)
    for _ in range(2 if f.is_wide else 1):
        e = f.fma(-(m * u), u * u, 1.0)
        u = f.fma(u, e * f.polynomial(e, (1.0 / 3.0, 2.0 / 9.0) if f.is_wide else (1.0 / 3.0, 2.0 / 9.0, 14.0 / 81.0)), u)
    square = u * u
    root = m * square
    root = f.fma(f.fma(-(root * root), root, m), square * (1.0 / 3.0), root)
    return root * power_of_two(f, shifted)


def emit_cbrt(f: Formula, x: Term) -> Term:
    """The cube root."""
    size, least = abs(x), _LEAST[x.type]
    usual = size.test(">=", least) & size.test("<", math.inf)

    def rest() -> Term:
        up = 54 if f.is_wide else 24
        small = _root_of_normal(f, size * 2.0**up) * 2.0 ** (-up // 3)
        return f.select(size.test("<", least) & size.test(">", 0.0), small, size)

    return f.copysign(f.unless_rare(usual.inverted(), _root_of_normal(f, size), rest), x)
