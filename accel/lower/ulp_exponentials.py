"""exp, exp2 and expm1 to one unit in the last place, and what other formulas need of them.

`exp`: with k = round(x / ln 2) and r = x - k ln 2 in [-0.3466, 0.3466], exp(x) = 2**k * (1 + r + r**2 q(r)), where q is the polynomial whose
largest error, relative to exp(r), is least: degree 9 (float64, 2**-57) or 4 (float32, 2**-28). Its first coefficient is that of the series. ln 2 is two numbers;
k comes out of the low bits of a sum with 1.5 * 2**52, which has been given the bias of the exponent, so that a shift makes 2**k of it.

`expm1`: the same parts as 2**k (exp(r) - 1) + (2**k - 1), rounded once.

`exp2`: k = round(x), r = x - k, which is exact, and 2**r - 1 = r C + r (c + r q(r)), where C + c is ln 2 and q of the same degrees (2**-57, 2**-28).

Coefficients: `python -m tests.accuracy --fit exp exp2`.
"""

from __future__ import annotations

from collections.abc import Callable

from accel.lower.formula import Formula, Term

__all__ = ["clamp", "emit_exp", "emit_exp2", "emit_expm1", "power_of_two", "reduce_exponent", "reduce_pair", "reduce_power", "scale"]

_EXP = {
    "double": (
        0.5, 0.16666666666666433, 0.0416666666666035, 0.008333333333501244, 0.001388888892700542, 0.00019841269464189289,
        2.4801508393298985e-05, 2.755764201612492e-06, 2.762531173136195e-07, 2.497825381066778e-08,
    ),
    "float": (0.5, 0.16666533052921295, 0.04166724160313606, 0.008367542177438736, 0.0013863722560927272),
}  # fmt: skip
_EXP2 = {
    "double": (
        0.24022650695910122, 0.05550410866482072, 0.009618129107596742, 0.0013333558146688131, 0.00015403530454416954, 1.525273354535942e-05,
        1.3215436415320057e-06, 1.0178185043032256e-07, 7.0736154543492785e-09, 4.436284526262128e-10,
    ),
    "float": (0.24022647738456726, 0.05550362169742584, 0.009618528187274933, 0.0013390274252742529, 0.000153209941345267),
}  # fmt: skip
_PER_LN2 = 1.4426950408889634
_LN2 = {"double": (0.6931471805599453, 2.3190468138462996e-17), "float": (0.6931471824645996, -1.904654323148236e-09)}
_SHIFT = {"double": 1.5 * 2.0**52 + 1023, "float": 1.5 * 2.0**23 + 127}
_MANTISSA = {"double": 52, "float": 23}
_NORMAL = {"double": 708.0, "float": 87.0}  # below, the result and 2**k are normal numbers
_BEYOND = {"double": 1000.0, "float": 150.0}  # far outside of all results
_POWERS = {"double": 1022.0, "float": 126.0}  # the same for exp2
_BEYOND_POWERS = {"double": 1200.0, "float": 200.0}
_LOST = {"double": 60.0, "float": 40.0}  # exp(-x) is lost beside 1


def reduce_exponent(f: Formula, x: Term, *, is_rough: bool = False) -> tuple[Term, Term]:
    """The term that has k in its low bits, and exp(r) - 1; a rough one does without the second part of ln 2."""
    shift, (high, low) = _SHIFT[x.type], _LN2[x.type]
    shifted = f.fma(x, _PER_LN2, shift)
    k = shifted - shift
    r = f.fma(k, -high, x)
    r = r if is_rough else f.fma(k, -low, r)
    return shifted, f.fma(f.polynomial(r, _EXP[x.type]), r * r, r)


def reduce_pair(f: Formula, x: Term, tail: Term) -> tuple[Term, Term, Term]:
    """The term that has k in its low bits, and exp(r) - 1 for x + tail, as two numbers."""
    shift, (high, low) = _SHIFT[x.type], _LN2[x.type]
    shifted = f.fma(x, _PER_LN2, shift)
    k = shifted - shift
    first = f.fma(k, -high, x)  # exact
    rest = f.fma(k, -low, tail)
    r = first + rest
    lost = (first - r) + rest
    return shifted, r, f.fma(f.polynomial(r, _EXP[x.type]), r * r, f.fma(r, lost, lost))


def power_of_two(f: Formula, shifted: Term) -> Term:
    """2**k, a normal number, for k in the low bits."""
    return f.number(f.bits(shifted) << _MANTISSA[shifted.type])


def scale(f: Formula, shifted: Term, factor: Term) -> Term:
    """2**k times a factor, also where that is subnormal or overflows: in two steps."""
    shift = _SHIFT[factor.type]
    k = shifted - shift
    first = f.fma(k, 0.5, shift)
    return factor * power_of_two(f, first) * power_of_two(f, (k - (first - shift)) + shift)


def clamp(f: Formula, x: Term, low: float, high: float) -> Term:
    """x within limits; NaN stays."""
    return f.select(x.test(">", high), high, f.select(x.test("<", low), low, x))


def reduce_power(f: Formula, x: Term, tail: Term | None = None) -> tuple[Term, Term]:
    """The term that has round(x) in its low bits, and 2**r - 1; `tail` is to be added to x."""
    shift, (high, low) = _SHIFT[x.type], _LN2[x.type]
    shifted = x + shift
    r = x - (shifted - shift)
    r = r if tail is None else r + tail
    return shifted, f.fma(r, high, r * f.polynomial(r, (low, *_EXP2[x.type])))


def _scaled(f: Formula, x: Term, reduce: Callable[[Formula, Term], tuple[Term, Term]], limits: tuple[float, float]) -> Term:
    """2**k (1 + p): up to the first limit in one step; the other is far outside of all results."""
    shifted, p = reduce(f, x)
    power, (usual, most) = power_of_two(f, shifted), limits
    rare = abs(x).test("<", usual).inverted()

    def rest() -> Term:
        shifted, p = reduce(f, clamp(f, x, -most, most))
        return scale(f, shifted, p + 1.0)

    return f.unless_rare(rare, f.fma(power, p, power), rest)


def emit_exp(f: Formula, x: Term) -> Term:
    """exp(x)."""
    return _scaled(f, x, reduce_exponent, (_NORMAL[x.type], _BEYOND[x.type]))


def emit_exp2(f: Formula, x: Term) -> Term:
    """2**x."""
    return _scaled(f, x, reduce_power, (_POWERS[x.type], _BEYOND_POWERS[x.type]))


def emit_expm1(f: Formula, x: Term) -> Term:
    """exp(x) - 1."""
    most = _BEYOND[x.type]
    shifted, p = reduce_exponent(f, f.select(x.test("<", -_LOST[x.type]), -_LOST[x.type], x))
    power = power_of_two(f, shifted)
    rare = x.test("<", _NORMAL[x.type]).inverted()

    def rest() -> Term:
        large, q = reduce_exponent(f, f.select(x.test(">", most), most, x))
        return scale(f, large, q + 1.0)

    return f.copysign(f.unless_rare(rare, f.fma(power, p, power - 1.0), rest), x)
