"""This module is elementary functions of SIMD values, as far as kernels need them: straight code, lane by lane, with the same bits on every machine.

`exp`: with k = round(x / ln 2) and r = x - k ln 2, where ln 2 is two numbers, exp(x) = 2**k (1 + r + r**2 q(r)). k comes out of the low bits of a sum with 1.5 * 2**52 (float32:
2**23), which has the bias of the exponent in it, so that a shift makes 2**k of it. 2**k is computed as 2**(k + up) * 2**-up: so results that are subnormal are right, too.

`log`: x = 2**k (1 + g) with 1 + g in [sqrt(1/2), sqrt(2)). float32: log(1 + g) = g + g**2 (g P(g) - 1/2); float64: with s = g / (2 + g), g + s (s**2 R(s**2) - g).

The normal distribution below -a is exp(-a**2 / 2) P(t) / (a + c) with t = (a - c) / (a + c); the square is two numbers.

Coefficients of exp and log are those of `@vectorize(accuracy="1ulp")`; P has the least relative error, 2**-23.7 for float32 (degree 8, up to a = 14.5) and 2**-53.6 for
float64 (degree 22, up to 39).
"""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.types import Float32, Float64, Int32, Int64

__all__ = ["DOWN", "LEAST", "exp_raised", "log_above", "normal_below"]

_EXP = {
    Float32: (0.0013863722560927272, 0.008367542177438736, 0.04166724160313606, 0.16666533052921295, 0.5),
    Float64: (
        2.497825381066778e-08, 2.762531173136195e-07, 2.755764201612492e-06, 2.4801508393298985e-05, 0.00019841269464189289, 0.001388888892700542,
        0.008333333333501244, 0.0416666666666035, 0.16666666666666433, 0.5,
    ),
}  # fmt: skip
_LOG = {
    Float32: (
        -0.07634416967630386, 0.12763485312461853, -0.1316109597682953, 0.14201568067073822, -0.16623251140117645, 0.20001231133937836, -0.250008225440979,
        0.3333333134651184,
    ),
    Float64: (
        0.14799066383467335, 0.15313755746716834, 0.18183575165335306, 0.22222198378494643, 0.28571428744141064, 0.3999999999940749, 0.6666666666666735,
    ),
}  # fmt: skip
_NORMAL = {
    Float32: (
        -0.0002629889058880508, -0.0008977539837360382, 0.001074731582775712, 0.00692000612616539, -0.010480092838406563, -0.04725528508424759,
        0.23001940548419952, -0.5093322992324829, 0.7290836572647095,
    ),
    Float64: (
        -1.1965551022281538e-09, -3.390710728528101e-10, 1.4619079706339973e-08, 1.6069356152882933e-08, -7.721051514522408e-08, -1.5659227827533855e-07,
        2.641546446967952e-07, 1.0218573666341459e-06, -6.252284882595024e-07, -5.920011357607121e-06, 7.149755426229147e-07, 3.5144569705265935e-05,
        -1.9078439782632916e-06, -0.00023109490372434457, 0.00013334424852450133, 0.0016308184532811058, -0.0034796923616069015, -0.0075401889664352744,
        0.06039657489066627, -0.18652185795966542, 0.3871374007422195, -0.6078966419718921, 0.7552851304157515,
    ),
}  # fmt: skip
_CENTRE = {Float32: 3.0, Float64: 4.0}  # c
_PER_LN2 = 1.4426950408889634
_LN2 = {Float32: (0.6931471824645996, -1.904654323148236e-09), Float64: (0.6931471805599453, 2.3190468138462996e-17)}
_LOG2 = {Float32: (0.693145751953125, 1.428606765330187e-06), Float64: (0.6931471805598903, 5.497923018708371e-14)}  # k times the first one is exact
_UP = {Float32: 64, Float64: 600}
DOWN = {dtype: 2.0**-up for dtype, up in _UP.items()}
_SHIFT = {Float32: 1.5 * 2.0**23 + 127 + 64, Float64: 1.5 * 2.0**52 + 1023 + 600}
_MANTISSA = {Float32: 23, Float64: 52}
LEAST = {Float32: -104.0, Float64: -746.0}  # its exp is 0
_ROOT = {Float32: 0x3F3504F3, Float64: 0x3FE6A09E667F3BCD}  # bits of the root of 1/2
_INTEGER = {Float32: Int32, Float64: Int64}


@fn(nogil=True)
def evaluate(x: Any, *, lanes: Comptime[Any], factors: Comptime[Any]) -> Any:
    """A polynomial, given from the highest power on."""
    made = lanes(comptime(factors[0]))
    for factor in comptime(factors[1:]):
        made = made.fma(x, factor)
    return made


@fn(nogil=True)
def raise_power(x: Any, tail: Any, *, lanes: Comptime[Any]) -> Any:
    """exp(x + tail) * 2**up for x from `LEAST` up to some tens, and a tail that is small beside it."""
    shifted = x.fma(_PER_LN2, comptime(_SHIFT[lanes.dtype]))
    k = shifted - comptime(_SHIFT[lanes.dtype])
    r = k.fma(comptime(-_LN2[lanes.dtype][0]), x) + k.fma(comptime(-_LN2[lanes.dtype][1]), tail)
    p = evaluate(r, lanes=lanes, factors=comptime(_EXP[lanes.dtype])).fma(r * r, r)
    power = (shifted.bitcast(comptime(_INTEGER[lanes.dtype])) << comptime(_MANTISSA[lanes.dtype])).bitcast(comptime(lanes.dtype))
    return power.fma(p, power)


@fn(nogil=True)
def exp_raised(x: Any, *, lanes: Comptime[Any]) -> Any:
    """exp(x) * 2**up for x up to some tens: with `DOWN` times it, also where exp(x) is subnormal."""
    return raise_power(x.max(comptime(LEAST[lanes.dtype])), lanes(0.0), lanes=lanes)


@fn(nogil=True)
def log_above(x: Any, *, lanes: Comptime[Any]) -> Any:
    """The logarithm of lanes of 1 or more; of infinity and NaN NaN."""
    bits = x.bitcast(comptime(_INTEGER[lanes.dtype]))
    power = (bits - comptime(_ROOT[lanes.dtype])) >> comptime(_MANTISSA[lanes.dtype])
    g = (bits - (power << comptime(_MANTISSA[lanes.dtype]))).bitcast(comptime(lanes.dtype)) - 1.0
    k = power.cast(comptime(lanes.dtype))
    low = k * comptime(_LOG2[lanes.dtype][1])
    if comptime(lanes.dtype is Float32):
        rest = (g * g).fma(evaluate(g, lanes=lanes, factors=comptime(_LOG[lanes.dtype])).fma(g, -0.5), low)
    else:
        s = g / (g + 2.0)
        rest = s.fma((s * s).fma(evaluate(s * s, lanes=lanes, factors=comptime(_LOG[lanes.dtype])), -g), low)
    return k.fma(comptime(_LOG2[lanes.dtype][0]), g + rest) + (x - x)


@fn(nogil=True)
def normal_below(a: Any, *, lanes: Comptime[Any]) -> Any:
    """The normal distribution below -a, for lanes from 0 on whose half square is not beyond -`LEAST`, as two factors: the second is a power of e."""
    inverse = 1.0 / (a + comptime(_CENTRE[lanes.dtype]))
    t = inverse.fma(comptime(-2.0 * _CENTRE[lanes.dtype]), 1.0)
    first = evaluate(t, lanes=lanes, factors=comptime(_NORMAL[lanes.dtype])) * inverse
    half = a * -0.5
    x = half * a
    return first, raise_power(x, half.fma(a, -x), lanes=lanes) * comptime(DOWN[lanes.dtype])
