"""This module says what the polynomials of the formulas approximate, where, and with which weight, so that they can be fitted anew."""

from __future__ import annotations

import importlib

from mpmath import asin, atan, cos, erf, erfc, exp, log, mp, mpf, pi, sin, sinh, sqrt, tan, tanh

from tests.accuracy.fit import fit

__all__ = ["FITS", "constant_of", "fit_anew"]

SLACK = mpf("1.001")  # reduced arguments may be a little beyond their limits
ROUGH = mpf("1.008")  # more so where 2 / pi has 24 bits
ZERO = mpf("1e-12")
DIGITS = 40


def _powers(odd):
    """What stands behind x in an odd function, of z = x**2: (f(x) / x - 1) / z, and the weight that makes its error relative."""
    return lambda z: (odd(sqrt(z)) / sqrt(z) - 1) / z, lambda z: z * sqrt(z) / odd(sqrt(z))


def _odd(odd, most, degree, **options):
    def make():
        target, weight = _powers(odd)
        return target, (ZERO, most() ** 2), degree, {"weight": weight, **options}

    return make


def _even_log(z):
    """log((1 + s) / (1 - s)) / s."""
    return log((1 + sqrt(z)) / (1 - sqrt(z))) / sqrt(z)


def _exp_rest(r):
    return (exp(r) - 1 - r) / r**2


def _exp2_rest(r):
    return (mpf(2) ** r - 1 - r * log(mpf(2))) / r**2



def _wide(factor):
    return (sqrt(mpf(1) / 2) - 1) * factor, (sqrt(mpf(2)) - 1) * factor


def _exp(degree, **options):
    return lambda: (_exp_rest, (-log(mpf(2)) / 2 * SLACK, log(mpf(2)) / 2 * SLACK), degree, {"weight": lambda r: r**2 / exp(r), "known": (0.5,), **options})


def _exp2(degree, **options):
    return lambda: (_exp2_rest, (-mpf("0.5005"), mpf("0.5005")), degree, {"weight": lambda r: r**2 / mpf(2) ** r, **options})


def _cosine(degree, slack, **options):
    return lambda: (
        lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, (ZERO, (pi / 4 * slack) ** 2), degree, {"weight": lambda z: z**2 / cos(sqrt(z)), **options},
    )  # fmt: skip


def _shepherd(t):
    x = 3 * (1 + t) / (1 - t)
    return (1 + 2 * x) * erfc(x) * exp(x * x)


def _erf_rest(t):
    x = 2 * (1 + t) / (1 - t)
    return erfc(x) * exp(x * x)


def _erf_weight(t):
    x = 2 * (1 + t) / (1 - t)
    return exp(-x * x) / erf(x)


def _at(x, middle):
    return (mpf(x) - middle) / (mpf(x) + middle)


FITS = {  # function, dtype, constant -> what fit() takes
    "exp float64 ulp_exponentials._EXP.double": _exp(9),
    "exp float32 ulp_exponentials._EXP.float": _exp(4, single=True),
    "exp2 float64 ulp_exponentials._EXP2.double": _exp2(9),
    "exp2 float32 ulp_exponentials._EXP2.float": _exp2(4, single=True),
    "log float64 ulp_logarithms._R64": lambda: (lambda z: (_even_log(z) - 2) / z, (ZERO, ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1) * SLACK) ** 2), 6, {"weight": lambda z: z / 2}),
    "log float32 ulp_logarithms._P32": lambda: (
        lambda g: (log(1 + g) - g + g * g / 2) / g**3, _wide(mpf("1.0005")), 7, {"weight": lambda g: g**3 / log(1 + g), "single": True},
    ),
    "log2 float32 ulp_logarithms._LOG2_32": lambda: (
        lambda g: (log(1 + g) - g) / log(mpf(2)) / g**2, _wide(mpf("1.0005")), 8, {"weight": lambda g: g**2 / log(1 + g) * log(mpf(2)), "single": True},
    ),
    "sin float64 ulp_trigonometry._S.double": _odd(sin, lambda: pi / 4 * SLACK, 5),
    "sin float32 ulp_trigonometry._S.float": _odd(sin, lambda: pi / 4 * ROUGH, 2, single=True),
    "cos float64 ulp_trigonometry._C.double": _cosine(5, SLACK),
    "cos float32 ulp_trigonometry._C.float": _cosine(2, ROUGH, single=True),
    "tan float64 ulp_trigonometry._T.double": _odd(tan, lambda: pi / 4 * SLACK, 13),
    "tan float32 ulp_trigonometry._T.float": _odd(tan, lambda: pi / 4 * ROUGH, 6, single=True),
    "asin float64 ulp_arcsines._P.double": _odd(asin, lambda: mpf("0.5"), 12),
    "asin float32 ulp_arcsines._P.float": _odd(asin, lambda: mpf("0.5"), 5, single=True),
    "atan float64 ulp_arcs._P.double": _odd(atan, lambda: tan(pi / 8) * SLACK, 10),
    "atan float32 ulp_arcs._P.float": _odd(atan, lambda: tan(pi / 8) * SLACK, 4, single=True),
    "sinh float64 ulp_hyperbolic._SINH.double": _odd(sinh, lambda: sqrt(mpf("1.002")), 6),
    "sinh float32 ulp_hyperbolic._SINH.float": _odd(sinh, lambda: sqrt(mpf("1.002")), 3, single=True),
    "tanh float64 ulp_hyperbolic._TANH.double": _odd(tanh, lambda: mpf("0.55"), 9),
    "tanh float32 ulp_hyperbolic._TANH.float": _odd(tanh, lambda: mpf("0.3"), 2, single=True),
    "pow float64 ulp_powers._W": lambda: (
        lambda z: ((_even_log(z) / 2 - 1) / z - mpf(1) / 3) / z, (ZERO, ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1) * SLACK) ** 2), 7, {"weight": lambda z: z * z},
    ),
    "pow float32 ulp_powers._L32": lambda: (
        lambda z: _even_log(z) / log(mpf(2)), (ZERO, ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1) * SLACK) ** 2), 4, {"weight": lambda z: log(mpf(2)) / _even_log(z)},
    ),
    "pow float32 ulp_powers._EXP2_32": lambda: (lambda r: mpf(2) ** r, (-mpf("0.5005"), mpf("0.5005")), 6, {"weight": lambda r: 1 / mpf(2) ** r}),
    "cbrt float64 ulp_powers._ROOT3": lambda: (lambda m: m ** (-mpf(1) / 3), (mpf("0.353"), mpf("2.829")), 4, {"weight": lambda m: m ** (mpf(1) / 3)}),
    "erf float64 ulp_errors._P": lambda: (lambda z: erf(sqrt(z)) / sqrt(z) - 1, (ZERO, mpf("1.002")), 12, {"weight": lambda z: sqrt(z) / erf(sqrt(z))}),
    "erf float64 ulp_errors._G": lambda: (_erf_rest, (-mpf(1) / 3 * SLACK, mpf("0.5") * SLACK), 11, {"weight": _erf_weight}),
    "erfc float64 ulp_errors._F": lambda: (_shepherd, (_at("0.49", 3), _at("27.3", 3)), 21, {"weight": lambda t: 1 / _shepherd(t)}),
}  # fmt: skip


def fit_anew(name):
    """Coefficients for a row of the table, and the largest weighted error."""
    with mp.workdps(DIGITS):
        target, interval, degree, options = FITS[name]()
        return fit(target, interval, degree, **options)


def constant_of(name):
    """The coefficients a formula has. Where it has the sign turned, they are turned back; what is no coefficient of the fit is left out."""
    module, constant, *key = name.split()[2].split(".")
    found = getattr(importlib.import_module(f"accel.lower.{module}"), constant)
    found = found[key[0]] if key else found
    if constant == "_S":
        return tuple(-c for c in found)
    return found[1:] if constant == "_LOG2_32" else found
