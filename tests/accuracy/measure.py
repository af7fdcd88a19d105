"""This module measures functions in units in the last place, against MPFR (gmpy2) with 140 bits."""

from __future__ import annotations

import ctypes

import gmpy2
import numpy as np

from accel.lower.machine import assemble
from accel.lower.text import Module
from accel.lower.ulp_math import FORMULAS, define_ulp
from accel.runtime.cpu import vector_bits
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve
from tests.accuracy.points import make_points

__all__ = ["BOUNDS", "apply", "count_ulps", "measure", "types_of"]

BOUNDS = {**dict.fromkeys(FORMULAS, 2.0), "exp": 1.1, "log": 1.1, "sin": 1.1, "cos": 1.1, "tanh": 1.5, **dict.fromkeys(("asin", "acos", "asinh", "acosh", "atanh"), 1.2)}
ELEMENT = {"d": "double", "f": "float"}
PRECISION, LEAST, MOST = {"d": 53, "f": 24}, {"d": -1074, "f": -149}, {"d": 1024, "f": 128}


def types_of(name):
    """Dtypes a function is for."""
    return "d" if name in ("erf", "erfc") else "df"


def apply(name, operands, width=0):
    """The function of a formula on arrays, in vectors of `width` elements: by default those of the processor."""
    char = operands[0].dtype.char
    type_, size = ELEMENT[char], operands[0].dtype.itemsize
    width = width or vector_bits() // (8 * size)
    module, kind = Module("1ulp"), type_ if width == 1 else f"<{width} x {type_}>"
    called = define_ulp(module, f"ulp.{name}.{type_}", width)
    loads = "\n".join(
        f"  %p{k} = getelementptr {type_}, ptr %in{k}, i64 %i\n  %x{k} = load {kind}, ptr %p{k}, align {size}" for k in range(len(operands))
    )
    given = ", ".join([f"{kind} %x{k}" for k in range(len(operands))] + ([f"i{width} -1"] if width > 1 else []))
    module.define(f"""define void @loop({", ".join(f"ptr %in{k}" for k in range(len(operands)))}, ptr %out, i64 %count) {{
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %head ]
{loads}
  %r = call {kind} {called}({given})
  %p = getelementptr {type_}, ptr %out, i64 %i
  store {kind} %r, ptr %p, align {size}
  %next = add i64 %i, {width}
  %more = icmp slt i64 %next, %count
  br i1 %more, label %head, label %done
done:
  ret void
}}
""")
    loaded = Loaded(Image.loads(assemble(str(module))), resolve)
    length = len(operands[0])
    padded = [np.concatenate([o, np.ones(-length % width, char)]) for o in operands]
    out = np.empty_like(padded[0])
    places = [a.ctypes.data for a in (*padded, out)]
    ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(places), ctypes.c_long)(loaded["loop"])(*places, len(out))
    return out[:length]


def _true_values(name, operands):
    """What MPFR gives: fractions in [1/2, 1) as two numbers each, and exponents; zeros, infinities and NaN as fractions with exponent 0."""
    context = gmpy2.get_context()
    context.precision, context.emax, context.emin = 140, 1 << 20, -(1 << 20)
    function = (lambda x, y: gmpy2.mpfr(x) ** gmpy2.mpfr(y)) if name == "pow" else getattr(gmpy2, name)
    high, low, exponents = [], [], []
    for elements in zip(*(o.astype("d").tolist() for o in operands), strict=True):
        value = function(*elements)
        exponent = 0
        if gmpy2.is_regular(value):
            exponent = gmpy2.get_exp(value)
            value = gmpy2.div_2exp(value, exponent) if exponent > 0 else gmpy2.mul_2exp(value, -exponent)
        first = float(value)
        high.append(first)
        low.append(float(value - first) if gmpy2.is_regular(value) else 0.0)
        exponents.append(exponent)
    return np.array(high), np.array(low), np.array(exponents)


def count_ulps(name, operands, got):
    """How far results are from the true values, in units in the last place of these: infinite for a wrong infinity, NaN or sign of zero."""
    char = got.dtype.char
    high, low, exponents = _true_values(name, operands)
    special = (high == 0) | ~np.isfinite(high)
    unit = np.maximum(exponents - PRECISION[char], LEAST[char])  # exponent of one in the last place
    beyond = np.isinf(got)  # stands for the first number that is too large
    fraction, power = np.frexp(np.where(beyond | np.isnan(got), 0.5, got).astype("d"))
    fraction = np.where(beyond, np.copysign(0.5, got), fraction)
    power = np.where(beyond, MOST[char] + 1, power)
    with np.errstate(all="ignore"):
        error = np.abs(np.ldexp((np.ldexp(fraction, np.clip(power - exponents, -200, 200)) - high) - low, exponents - unit))
        same = ((got == high) & (np.signbit(got) == np.signbit(high))) | (np.isnan(got) & np.isnan(high))
    error = np.where((exponents > MOST[char]) & beyond & (np.sign(high) == np.sign(got)), 0.0, error)
    return np.where(special, np.where(same, 0.0, np.inf), np.where(np.isnan(got), np.inf, error))


def measure(name, char, count):
    """Largest error, the operands that have it, the mean error, and how many points."""
    operands = make_points(name, char, count)
    errors = count_ulps(name, operands, apply(name, operands))
    worst = int(np.argmax(errors))
    return float(errors[worst]), tuple(float(o[worst]) for o in operands), float(errors.mean()), len(errors)
