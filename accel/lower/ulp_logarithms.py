"""log to one unit in the last place.

x = 2**k * (1 + g) with 1 + g in [sqrt(1/2), sqrt(2)).

float64: with s = g / (2 + g), log(1 + g) = 2 s + s**3 R(s**2) = g - (g**2/2 - s (g**2/2 + s**2 R)), which adds small terms to the exact g. R is the polynomial of degree 6 whose
largest error relative to the logarithm is least (2**-59). float32: log(1 + g) = g + g**2 (g P(g) - 1/2), P of degree 7 (2**-27).

ln 2 is two numbers, the first of which has zeros enough for its product with k to be exact. Subnormals are scaled up before.

Coefficients: `python -m tests.accuracy --fit log`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from accel.lower.formula import Formula, Term

__all__ = ["emit_log"]

_R64 = (
    0.6666666666666735, 0.3999999999940749, 0.28571428744141064, 0.22222198378494643, 0.18183575165335306, 0.15313755746716834, 0.14799066383467335,
)  # fmt: skip
_P32 = (
    0.3333333134651184, -0.250008225440979, 0.20001231133937836, -0.16623251140117645, 0.14201568067073822, -0.1316109597682953,
    0.12763485312461853, -0.07634416967630386,
)  # fmt: skip
_LN2 = {"double": (0.6931471805598903, 5.497923018708371e-14), "float": (0.693145751953125, 1.428606765330187e-06)}
_LEAST = {"double": 2.0**-1022, "float": 2.0**-126}  # normal number
_UP = {"double": 54, "float": 25}  # exponent of what subnormals are multiplied by
_MANTISSA = {"double": 52, "float": 23}
_BIAS = {"double": 1023, "float": 127}
_ROOT = {"double": 0x3FE6A09E667F3BCD, "float": 0x3F3504F3}  # bits of the root of 1/2


def split(f: Formula, x: Term) -> tuple[Term, Term]:
    """k as a float, and g, for a positive normal number."""
    width, bias, root = _MANTISSA[x.type], _BIAS[x.type], _ROOT[x.type]
    moved = f.bits(x) + ((bias << width) - root)
    large = (bias + width) << width  # bits of 2**width, whose last place is 1
    k = f.number((moved >> width) | large) - (2.0**width + bias)
    return k, f.number((moved & ((1 << width) - 1)) + root) - 1.0


def log_of_rest(f: Formula, g: Term, addend: Term) -> Term:
    """log(1 + g) - g, plus a small addend."""
    if f.is_wide:
        s = g / (g + 2.0)
        z, half = s * s, (g * 0.5) * g
        return f.fma(s, f.fma(z, f.polynomial(z, _R64), half), addend) - half
    return f.fma(g * g, f.fma(g, f.polynomial(g, _P32), -0.5), addend)


def of_positive(f: Formula, x: Term, compute: Callable[[Term, Term | None], Term]) -> Term:
    """`compute(x, None)` where x is a positive normal number; else what logarithms give. Subnormals are scaled: `compute(x * 2**up, up)`,
    with 0 for up where they are none."""
    usual = x.test(">=", _LEAST[x.type]) & x.test("<", math.inf)

    def rest() -> Term:
        up, is_small = _UP[x.type], x.test("<", _LEAST[x.type])
        lifted = f.select(is_small, x * 2.0**up, x)
        made = compute(lifted, f.select(is_small, f.term(float(up), x.type), 0.0))
        made = f.select(x.test("==", math.inf), x, made)
        return f.select(x.test(">", 0.0), made, f.select(x.test("==", 0.0), f.term(-math.inf, x.type), math.nan))

    return f.unless_rare(usual.inverted(), compute(x, None), rest)


def emit_log(f: Formula, x: Term) -> Term:
    """log(x)."""
    high, low = _LN2[x.type]

    def compute(y: Term, up: Term | None) -> Term:
        k, g = split(f, y)
        k = k if up is None else k - up
        return f.fma(k, high, g + log_of_rest(f, g, k * low))

    return of_positive(f, x, compute)
