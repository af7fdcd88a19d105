"""sinh, cosh and tanh to one or two units in the last place, from the parts of `exp`.

`tanh`: in float64 it is x + x**3 p(x**2) up to |x| = 0.55, p the polynomial of least relative error (degree 9, 2**-55), beyond
1 - 2 / (exp(2 |x|) + 1). In float32 p is good up to 0.3 (degree 2, 2**-26); beyond it is m / (m + 2) with m = exp(2 |x|) - 1, which is
2**k (exp(r) - 1) + (2**k - 1), rounded once.

`sinh`: up to |x| = 1 the same with a polynomial of its own (degree 6, 2**-56; float32: 3, 2**-27), beyond e - 1 / (4 e) with e = exp(|x|) / 2; `cosh`: e + 1 / (4 e).

Coefficients: `python -m tests.accuracy --fit sinh tanh`.
"""

from __future__ import annotations

from accel.lower.formula import Formula, Term
from accel.lower.ulp_exponentials import power_of_two, reduce_exponent, scale

__all__ = ["emit_cosh", "emit_sinh", "emit_tanh"]

_TANH = {
    "double": (
        -0.33333333333332316, 0.13333333333168704, -0.05396825387607863, 0.021869485974803322, -0.008863194504207712,
        0.0035917196988130896, -0.001453216763787444, 0.0005791370363444053, -0.0002103024309076245, 5.102149797951731e-05,
    ),
    "float": (-0.33333060145378113, 0.13314832746982574, -0.05036624148488045),
}  # fmt: skip
_SINH = {
    "double": (
        0.16666666666666669, 0.008333333333333146, 0.0001984126984143349, 2.7557319156537265e-06, 2.5052123225138622e-08, 1.6057252635259165e-10,
        7.758972270398428e-13,
    ),
    "float": (0.1666666716337204, 0.008333350531756878, 0.0001983613910852, 2.8170738914923277e-06),
}  # fmt: skip
_SMALL = {"double": 0.55, "float": 0.3}
_SATURATED = {"double": 20.0, "float": 10.0}  # where tanh is 1
_NORMAL = {"double": 708.0, "float": 87.0}
_BEYOND = {"double": 1000.0, "float": 150.0}


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


def _half_exp(f: Formula, size: Term) -> Term:
    """exp(size) / 2."""
    shifted, p = reduce_exponent(f, size)
    half = power_of_two(f, shifted) * 0.5
    return f.fma(half, p, half)


def _emit_huge(f: Formula, size: Term, usual: Term) -> Term:
    """`usual`; where exp(size) may overflow, exp(size) / 2."""

    def rest() -> Term:
        most = _BEYOND[size.type]
        shifted, p = reduce_exponent(f, f.select(size.test(">", most), most, size))
        return scale(f, shifted - 1.0, p + 1.0)

    return f.unless_rare(size.test("<", _NORMAL[size.type]).inverted(), usual, rest)


def emit_cosh(f: Formula, x: Term) -> Term:
    """cosh(x)."""
    size = abs(x)
    half = _half_exp(f, size)
    return _emit_huge(f, size, half + 0.25 / half)


def emit_sinh(f: Formula, x: Term) -> Term:
    """sinh(x)."""
    size, square = abs(x), x * x
    half = _half_exp(f, size)
    small = f.fma(size * square, f.polynomial(square, _SINH[x.type]), size)
    return f.copysign(_emit_huge(f, size, f.select(size.test("<", 1.0), small, half - 0.25 / half)), x)
