"""log, log2, log10 and log1p to one unit in the last place.

x = 2**k * (1 + g) with 1 + g in [sqrt(1/2), sqrt(2)).

float64: with s = g / (2 + g), log(1 + g) = 2 s + s**3 R(s**2) = g + s (s**2 R - g), which adds a small term to the exact g. R is the polynomial of degree 6 whose
largest error relative to the logarithm is least (2**-59). float32: log(1 + g) = g + g**2 (g P(g) - 1/2), P of degree 7 (2**-27).

ln 2 is two numbers, the first of which has zeros enough for its product with k to be exact. Subnormals are scaled up before.

`log2` and `log10` multiply both parts of log(1 + g) by 1 / ln 2 or 1 / ln 10, which are two numbers. In float32 log2(1 + g) has a polynomial of its own (degree 8, 2**-27).

`log1p`: u = 1 + x with the error c of that sum; log(1 + x) = log(u) + c / u.

Coefficients: `python -m tests.accuracy --fit log log2`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from accel.lower.formula import Formula, Term

__all__ = ["emit_log", "emit_log10", "emit_log1p", "emit_log2", "log_of_pair", "split"]

_R64 = (
    0.6666666666666735, 0.3999999999940749, 0.28571428744141064, 0.22222198378494643, 0.18183575165335306, 0.15313755746716834, 0.14799066383467335,
)  # fmt: skip
_P32 = (
    0.3333333134651184, -0.250008225440979, 0.20001231133937836, -0.16623251140117645, 0.14201568067073822, -0.1316109597682953,
    0.12763485312461853, -0.07634416967630386,
)  # fmt: skip
_LOG2_32 = (
    1.9259629911266175e-08, -0.7213473320007324, 0.4808982014656067, -0.3606969118118286, 0.28856921195983887, -0.23961223661899567, 0.20456011593341827,
    -0.1910668909549713, 0.18645310401916504, -0.11029168218374252,
)  # fmt: skip
_PER_LN2 = {"double": (1.4426950408889634, 2.0355273740931033e-17), "float": (1.4426950216293335, 1.9259629911266175e-08)}
_PER_LN10 = {"double": (0.4342944819032518, 1.098319650216765e-17), "float": (0.4342944920063019, -1.0103050052231683e-08)}
_LOG10_2 = {"double": (0.30102999566383914, 1.42050232272661e-13), "float": (0.301025390625, 4.605038981195214e-06)}
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
        z = s * s
        return f.fma(s, f.fma(z, f.polynomial(z, _R64), -g), addend)
    return f.fma(g * g, f.fma(g, f.polynomial(g, _P32), -0.5), addend)


def log_of_pair(f: Formula, u: Term, lost: Term, doublings: float = 0.0) -> Term:
    """log(u + lost), for a positive normal u and what it lacks; or of that times a power of two."""
    high, low = _LN2[u.type]
    k, g = split(f, u)
    k = k + doublings if doublings else k
    return f.fma(k, high, g + log_of_rest(f, g, f.fma(k, low, lost / u)))


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


def emit_log2(f: Formula, x: Term) -> Term:
    """log2(x)."""
    high, low = _PER_LN2[x.type]

    def compute(y: Term, up: Term | None) -> Term:
        k, g = split(f, y)
        k = k if up is None else k - up
        if f.is_wide:
            return k + f.fma(g, high, f.fma(g, low, log_of_rest(f, g, f.term(0.0, x.type)) * high))
        return k + f.fma(g, high, g * f.polynomial(g, _LOG2_32))

    return of_positive(f, x, compute)


def emit_log10(f: Formula, x: Term) -> Term:
    """log10(x)."""
    (high, low), (two_high, two_low) = _PER_LN10[x.type], _LOG10_2[x.type]

    def compute(y: Term, up: Term | None) -> Term:
        k, g = split(f, y)
        k = k if up is None else k - up
        rest = f.fma(g, low, f.fma(log_of_rest(f, g, f.term(0.0, x.type)), high, k * two_low))
        return f.fma(k, two_high, f.fma(g, high, rest))

    return of_positive(f, x, compute)


def emit_log1p(f: Formula, x: Term) -> Term:
    """log(1 + x)."""
    usual = x.test(">", -1.0) & x.test("<", math.inf)
    u = x + 1.0
    back = u - 1.0
    lost = (1.0 - (u - back)) + (x - back)
    made = f.copysign(log_of_pair(f, u, lost), x)

    def rest() -> Term:
        return f.select(x.test(">", 0.0), x, f.select(x.test("==", -1.0), f.term(-math.inf, x.type), math.nan))

    return f.unless_rare(usual.inverted(), made, rest)
