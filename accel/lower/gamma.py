"""`math.gamma` and `math.lgamma` by CPython's algorithm: Lanczos' sum, a correction for rounding, reflection.

The coefficients are those of Boost's `lanczos13m53`, which CPython uses too.
"""

from __future__ import annotations

import math

from accel.lower.floats import copysign, fabs, is_finite, when_rare
from accel.lower.outlines import emit_outlined
from accel.lower.text import Emitter, float_text

__all__ = ["emit_gamma", "emit_lgamma"]

_G, _G_MINUS_HALF = 6.024680040776729583740234375, 5.524680040776729583740234375
_LOG_PI = 1.144729885849400174143427351353058711647
_NUMERATOR = (
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786772,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
)
_DENOMINATOR = (
    0.0,
    39916800.0,
    120543840.0,
    150917976.0,
    105258076.0,
    45995730.0,
    13339535.0,
    2637558.0,
    357423.0,
    32670.0,
    1925.0,
    66.0,
    1.0,
)
_FACTORIALS = [float(math.factorial(n)) for n in range(23)]
_ZERO, _INF = float_text(0.0), float_text(math.inf)


def emit_gamma(e: Emitter, x: str) -> str:
    """`math.gamma(x)`."""
    return emit_outlined(e, "gamma", [f"double {x}"], ["double"], lambda i, v: [_gamma(i, v[0])])[0]


def emit_lgamma(e: Emitter, x: str) -> str:
    """`math.lgamma(x)`."""
    return emit_outlined(e, "lgamma", [f"double {x}"], ["double"], lambda i, v: [_lgamma(i, v[0])])[0]


class _Results:
    """Where the branches of a function meet."""

    def __init__(self, e: Emitter) -> None:
        self.e, self.place, self.label = e, e.slot("double"), e.label("result")

    def give(self, value: str) -> None:
        """End the block with this result."""
        self.e.do(f"store double {value}, ptr {self.place}")
        self.e.branch(self.label)

    def give_if(self, condition: str, value: str) -> None:
        """Give this result under a condition, else go on."""
        then, after = self.e.label("then"), self.e.label("else")
        self.e.branch_if(condition, then, after)
        self.e.place(then)
        self.give(value)
        self.e.place(after)

    def value(self) -> str:
        """The result, where all meet."""
        self.e.place(self.label)
        return self.e.value(f"load double, ptr {self.place}")


def _op(e: Emitter, op: str, x: str, y: str | float) -> str:
    return e.value(f"{op} double {x}, {y if isinstance(y, str) else float_text(y)}")


def _test(e: Emitter, relation: str, x: str, y: str | float) -> str:
    return e.value(f"fcmp {relation} double {x}, {y if isinstance(y, str) else float_text(y)}")


def _whole(e: Emitter, x: str) -> str:
    return _test(e, "oeq", x, e.call("double", "llvm.floor.f64", f"double {x}"))


def _gamma(e: Emitter, x: str) -> str:
    results = _Results(e)
    e.exit_if(e.value(f"or i1 {_test(e, 'oeq', x, -math.inf)}, {_test(e, 'oeq', x, 0.0)}"))
    results.give_if(e.value(f"xor i1 {is_finite(e, x)}, true"), x)
    whole = _whole(e, x)
    e.exit_if(e.value(f"and i1 {whole}, {_test(e, 'olt', x, 0.0)}"))
    table, after = e.label("table"), e.label("after")
    e.branch_if(e.value(f"and i1 {whole}, {_test(e, 'ole', x, 23.0)}"), table, after)
    e.place(table)
    numbers = e.module.constant("accel.gammas", f"[23 x double] [{', '.join(f'double {float_text(v)}' for v in _FACTORIALS)}]")
    number = e.value(f"sub i64 {e.value(f'fptosi double {x} to i64')}, 1")
    results.give(e.value(f"load double, ptr {e.value(f'getelementptr double, ptr {numbers}, i64 {number}')}"))
    e.place(after)
    size = fabs(e, x)
    inverse = _op(e, "fdiv", float_text(1.0), x)
    tiny = _test(e, "olt", size, 1e-20)
    e.exit_if(e.value(f"and i1 {tiny}, {_test(e, 'oeq', fabs(e, inverse), _INF)}"))
    results.give_if(tiny, inverse)
    large = _test(e, "ogt", size, 200.0)
    e.exit_if(e.value(f"and i1 {large}, {_test(e, 'ogt', x, 0.0)}"))
    results.give_if(large, _op(e, "fdiv", _ZERO, _sin_pi(e, x)))
    _lanczos_gamma(e, x, size, results)
    result = results.value()
    go_on = when_rare(e, _test(e, "une", fabs(e, result), _INF))
    e.exit_if(is_finite(e, x))
    e.branch(go_on)
    e.place(go_on)
    return result


def _lanczos_gamma(e: Emitter, x: str, size: str, results: _Results) -> None:
    y = _op(e, "fadd", size, _G_MINUS_HALF)
    upper = _test(e, "ogt", size, _G_MINUS_HALF)
    first = _op(e, "fsub", _op(e, "fsub", y, size), _G_MINUS_HALF)
    second = _op(e, "fsub", _op(e, "fsub", y, _G_MINUS_HALF), size)
    z = _op(e, "fdiv", _op(e, "fmul", e.select(upper, "double", first, second), _G), y)
    exponential = e.libm("exp", f"double {y}")
    sum_ = _lanczos_sum(e, size)
    medium = _test(e, "olt", size, 140.0)
    full, half = _op(e, "fsub", size, 0.5), _op(e, "fsub", _op(e, "fdiv", size, 2.0), 0.25)
    power = e.libm("pow", f"double {y}", f"double {e.select(medium, 'double', full, half)}")
    negative, positive = e.label("negative"), e.label("positive")
    e.branch_if(_test(e, "olt", x, 0.0), negative, positive)
    e.place(negative)
    r = _op(e, "fdiv", float_text(-math.pi), _sin_pi(e, size))
    r = _op(e, "fdiv", _op(e, "fmul", _op(e, "fdiv", r, size), exponential), sum_)
    r = _op(e, "fdiv", _op(e, "fsub", r, _op(e, "fmul", z, r)), power)
    results.give(e.select(medium, "double", r, _op(e, "fdiv", r, power)))
    e.place(positive)
    r = _op(e, "fdiv", sum_, exponential)
    r = _op(e, "fmul", _op(e, "fadd", r, _op(e, "fmul", z, r)), power)
    results.give(e.select(medium, "double", r, _op(e, "fmul", r, power)))


def _lanczos_sum(e: Emitter, x: str) -> str:
    return emit_outlined(e, "lanczos_sum", [f"double {x}"], ["double"], lambda i, v: [_rational(i, v[0])])[0]


def _rational(e: Emitter, x: str) -> str:
    """A quotient of polynomials in x, for large x in 1/x."""
    low, high, done = e.label("low"), e.label("high"), e.label("done")
    e.branch_if(_test(e, "olt", x, 5.0), low, high)
    ends = []
    for label, op, order in ((low, "fmul", -1), (high, "fdiv", 1)):
        e.place(label)
        sums = []
        for coefficients in (_NUMERATOR, _DENOMINATOR):
            total = _ZERO
            for coefficient in coefficients[::order]:
                total = _op(e, "fadd", _op(e, op, total, x), coefficient)
            sums.append(total)
        ends.append((_op(e, "fdiv", *sums), e.block))
        e.branch(done)
    e.place(done)
    return e.merge("double", *ends)


def _sin_pi(e: Emitter, x: str) -> str:
    """sin(pi * x) for finite x, accurate near integers: the nearest multiple of a half chooses sine or cosine."""
    y = e.libm("fmod", f"double {fabs(e, x)}", f"double {float_text(2.0)}")
    nearest = e.call("double", "llvm.round.f64", f"double {_op(e, 'fmul', float_text(2.0), y)}")
    n = e.value(f"fptosi double {nearest} to i64")
    angle = y
    for number, part in (
        (1, _op(e, "fsub", y, 0.5)),
        (2, _op(e, "fsub", float_text(1.0), y)),
        (3, _op(e, "fsub", y, 1.5)),
        (4, _op(e, "fsub", y, 2.0)),
    ):
        angle = e.select(e.value(f"icmp eq i64 {n}, {number}"), "double", part, angle)
    angle = _op(e, "fmul", float_text(math.pi), angle)
    cosine = e.libm("cos", f"double {angle}")
    negated = e.select(e.value(f"icmp eq i64 {n}, 3"), "double", e.value(f"fneg double {cosine}"), cosine)
    odd = e.value(f"trunc i64 {n} to i1")
    result = e.select(odd, "double", negated, e.libm("sin", f"double {angle}"))
    return _op(e, "fmul", copysign(e, float_text(1.0), x), result)


def _lgamma(e: Emitter, x: str) -> str:
    results = _Results(e)
    results.give_if(e.value(f"xor i1 {is_finite(e, x)}, true"), fabs(e, x))
    small = e.value(f"and i1 {_whole(e, x)}, {_test(e, 'ole', x, 2.0)}")
    e.exit_if(e.value(f"and i1 {small}, {_test(e, 'ole', x, 0.0)}"))
    results.give_if(small, _ZERO)
    size = fabs(e, x)
    log_size = e.libm("log", f"double {size}")
    results.give_if(_test(e, "olt", size, 1e-20), e.value(f"fneg double {log_size}"))
    r = _op(e, "fsub", e.libm("log", f"double {_lanczos_sum(e, size)}"), _G)
    shifted = _op(e, "fsub", _op(e, "fadd", size, _G), 0.5)
    factor = _op(e, "fsub", e.libm("log", f"double {shifted}"), 1.0)
    r = _op(e, "fadd", r, _op(e, "fmul", _op(e, "fsub", size, 0.5), factor))
    sine = e.libm("log", f"double {fabs(e, _sin_pi(e, size))}")
    reflected = _op(e, "fsub", _op(e, "fsub", _op(e, "fsub", float_text(_LOG_PI), sine), log_size), r)
    r = e.select(_test(e, "olt", x, 0.0), "double", reflected, r)
    e.exit_if(_test(e, "oeq", fabs(e, r), _INF))
    results.give(r)
    return results.value()
