"""`exp` of float64 in lanes, with the bits of glibc.

The algorithm is that of glibc since 2.28 (Szabolcs Nagy, "exp.c" of Arm's optimized routines): with k = round(128 x / ln 2), i = k mod 128 and
r = x - k ln 2 / 128, exp(x) = 2**(k // 128) * 2**(i / 128) * (1 + p(r)), where p is a polynomial of degree 5 and 2**(i / 128) comes from a
table of two parts, H * (1 + T). Its error is below 0.52 ULP. Elements from 512 on, infinities and NaN are libm's.
"""

from __future__ import annotations

import struct
from functools import cache

from accel.lower.formula import Formula, Term

__all__ = ["exponential"]

_SIZE = 128  # of the table
_BOUND = 512.0
_PER_LN2 = float.fromhex("0x1.71547652b82fep0") * _SIZE
_LN2_HIGH, _LN2_LOW = float.fromhex("-0x1.62e42fefa0000p-8"), float.fromhex("-0x1.cf79abc9e3b39p-47")  # of -ln 2 / 128
_SHIFT = float.fromhex("0x1.8p52")  # added, it leaves an integer in the low bits
_P2, _P3 = float.fromhex("0x1.ffffffffffdbdp-2"), float.fromhex("0x1.555555555543cp-3")
_P4, _P5 = float.fromhex("0x1.55555cf172b91p-5"), float.fromhex("0x1.1111167a4d017p-7")


@cache
def _tables() -> tuple[list[int], list[int]]:
    """Bits of the two parts of 2**(i / 128): H without the exponent that k brings along, and T."""
    from decimal import Decimal, localcontext

    high: list[int] = []
    tail: list[int] = []
    with localcontext() as context:
        context.prec = 50
        for i in range(_SIZE):
            power = Decimal(2) ** (Decimal(i) / _SIZE)
            nearest = float(power)
            (bits,) = struct.unpack("<q", struct.pack("<d", nearest))
            high.append(bits - (i << 52) // _SIZE)
            tail += struct.unpack("<q", struct.pack("<d", float(power / Decimal(nearest) - 1)))
    return high, tail


def exponential(f: Formula, given: Term) -> Term:
    """`exp`."""
    high, tail = (f.table(f"exp.{part}", bits) for part, bits in zip(("high", "tail"), _tables(), strict=True))
    usual = abs(given).test("<", _BOUND)
    x = f.select(usual, given, 0.0)
    shifted = f.fma(x, _PER_LN2, _SHIFT)
    k, rounded = f.bits(shifted), shifted - _SHIFT
    r = f.fma(rounded, _LN2_LOW, f.fma(rounded, _LN2_HIGH, x))
    index = k & (_SIZE - 1)
    scale = f.number(f.look_up(high, index) + (k << 45))
    rest = f.number(f.look_up(tail, index)) + r
    r2 = r * r
    rest = f.fma(r2, f.fma(r, _P3, _P2), rest)
    rest = f.fma(r2 * r2, f.fma(r, _P5, _P4), rest)
    return f.unless_rare(usual.inverted(), f.fma(scale, rest, scale), lambda: f.by_libm("exp", usual.inverted(), given))
