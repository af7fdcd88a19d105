"""`sin` and `cos` of float64 in lanes, with the bits of glibc.

The algorithm is that of glibc since 2.28 ("s_sin.c", from IBM's accurate mathematical library), with fused multiply-add: an angle is brought into
[-pi/4, pi/4] as a + da with pi/2 in four parts; below 0.126 a Taylor polynomial gives the sine; else sine and cosine of the multiple of 1/128 next to
|a| come from a table of two parts, and short polynomials add the rest. Errors are below 0.55 ULP. Elements from 105,414,350 on, infinities and
NaN are libm's.
"""

from __future__ import annotations

import struct
from functools import cache

from accel.lower.formula import Formula, Term

__all__ = ["cosine", "sine"]

_ROWS = 110  # of the table
_BIG, _SHIFT = float.fromhex("0x1.8p45"), float.fromhex("0x1.8p52")  # added, they leave multiples of 1/128, and integers
_NEAR, _MIDDLE, _FAR = (struct.unpack(">d", bytes.fromhex(f"{top}00000000"))[0] for top in ("3feb6000", "400368fd", "419921fb"))
_TINY, _SMALL = 2.0**-26, 0.126
_PER_QUARTER = float.fromhex("0x1.45f306dc9c883p-1")  # 2 / pi
_QUARTER = [float.fromhex(t) for t in ("0x1.921fb58p0", "-0x1.dde973cp-27", "-0x1.cb3b398p-55", "-0x1.d747f23e32ed7p-83")]  # pi / 2
_HALF, _HALF_LOW = float.fromhex("0x1.921fb54442d18p0"), float.fromhex("0x1.1a62633145c07p-54")  # the same in two
_TAYLOR = [float.fromhex(t) for t in ("-0x1.5555555555555p-3", "0x1.1111111110ecep-7", "-0x1.a01a019db08b8p-13", "0x1.71de27b9a7ed9p-19", "-0x1.addffc2fcdf59p-26")]
_SINE = -1.66666666666664880952546298448555e-01, 8.33333214285722277379541354343671e-03
_COSINE = 4.99999999999999999999950396842453e-01, -4.16666666666664434524222570944589e-02, 1.38888874007937613028114285595617e-03
_OFF = {  # (row, column): by how many units in the last place an entry of glibc's table is larger than the number nearest to what it stands for
    (2, 1): 1, (10, 1): 1, (23, 1): 39, (26, 3): 1, (27, 1): 1, (33, 1): 1, (34, 1): 1, (36, 1): 1, (40, 1): -2, (44, 3): 1, (70, 3): 1, (75, 1): 1,
    (75, 3): -2, (79, 3): 1, (85, 1): 1, (90, 1): -2, (94, 1): 1, (107, 1): 1,
}  # fmt: skip


@cache
def _table() -> list[int]:
    """Bits of sine and cosine of k / 128, each as the nearest number and the rest."""
    from decimal import Decimal, localcontext

    words: list[int] = []
    with localcontext() as context:
        context.prec = 60
        for row in range(_ROWS):
            x, term = Decimal(row) / 128, Decimal(1)
            parts = [Decimal(0), Decimal(1)]  # sine, cosine
            for n in range(1, 40):
                term *= x / n
                parts[(n + 1) % 2] += term if n % 4 < 2 else -term
            for column, part in enumerate(parts):
                high = float(part)
                for at, value in ((2 * column, high), (2 * column + 1, float(part - Decimal(high)))):
                    words.append(struct.unpack("<q", struct.pack("<d", value))[0] + _OFF.get((row, at), 0))
    return words


def sine(f: Formula, x: Term) -> Term:
    """`sin`."""
    return _of_angle(f, "sin", x, 0)


def cosine(f: Formula, x: Term) -> Term:
    """`cos`."""
    return _of_angle(f, "cos", x, 1)


def _of_angle(f: Formula, name: str, given: Term, turn: int) -> Term:
    """The sine of an angle and so many quarter turns."""
    rare = abs(given).test("<", _FAR).inverted()
    x = f.select(rare, 0.0, given)
    size = abs(x)
    shifted = f.fma(x, _PER_QUARTER, _SHIFT)
    quarter = f.bits(shifted) + turn
    a, da = _reduced(f, x, shifted - _SHIFT)
    is_odd, is_negative = ((quarter & bit).test("==", bit) for bit in (1, 2))
    is_middle, is_near = size.test("<", _MIDDLE), size.test("<", _NEAR)
    rest = _HALF - size
    if turn:  # cos(x) = sin(pi / 2 - |x|), and the cosine of what is near
        sum_ = rest + _HALF_LOW
        a, da = f.select(is_middle, sum_, a), f.select(is_middle, (rest - sum_) + _HALF_LOW, da)
        is_odd = is_near | (is_odd & is_middle.inverted())
    else:  # sin(x) has the sign of x, and is cos(pi / 2 - |x|) where it is not near
        a, da = f.select(is_middle, rest, a), f.select(is_middle, _HALF_LOW, da)
        is_odd = is_near.inverted() & (is_odd | is_middle)
    a, da = f.select(is_near, x, a), f.select(is_near, 0.0, da)
    made = f.select(is_odd, _cosine_of(f, a, da), _sine_of(f, a, da))
    flipped = f.select(is_negative, -made, made)
    if turn:
        usual = f.select(is_middle, made, flipped)
    else:
        usual = f.select(is_near, made, f.select(is_middle, f.copysign(made, x), flipped))
        usual = f.select(size.test("<", _TINY), x, usual)
    return f.unless_rare(rare, usual, lambda: f.by_libm(name, rare, given))


def _reduced(f: Formula, x: Term, turns: Term) -> tuple[Term, Term]:
    """What is left of x without so many quarter turns, in two parts."""
    first, second, third, fourth = (-part for part in _QUARTER)
    y = f.fma(turns, second, f.fma(turns, first, x))
    t = f.fma(turns, third, y)
    low = f.fma(turns, third, y - t)
    a = f.fma(turns, fourth, t)
    return a, low + f.fma(turns, fourth, t - a)


def _sine_of(f: Formula, a: Term, da: Term) -> Term:
    """`sin(a + da)` for |a| up to 0.86 and a tiny da."""
    xx = a * a
    chain = f.polynomial(xx, _TAYLOR)
    taylor = a + f.fma(f.fma(chain, a, -(da * 0.5)), xx, da)
    x, index = _split(f, a)
    dx = f.select(a.test("<=", 0.0), -da, da)
    sn, ssn, cs, ccs = _row(f, index)
    xx = x * x
    s = x + f.fma(x * xx, f.fma(xx, _SINE[1], _SINE[0]), dx)
    c = f.fma(x, dx, xx * f.fma(xx, f.fma(xx, _COSINE[2], _COSINE[1]), _COSINE[0]))
    rest = f.fma(cs, s, f.fma(-sn, c, f.fma(s, ccs, ssn)))
    return f.select(abs(a).test("<", _SMALL), taylor, f.copysign(sn + rest, a))


def _cosine_of(f: Formula, a: Term, da: Term) -> Term:
    """`cos(a + da)`."""
    base, index = _split(f, a)
    x = base + f.select(a.test("<", 0.0), -da, da)
    sn, ssn, cs, ccs = _row(f, index)
    xx = x * x
    s = f.fma(x * xx, f.fma(xx, _SINE[1], _SINE[0]), x)
    c = xx * f.fma(xx, f.fma(xx, _COSINE[2], _COSINE[1]), _COSINE[0])
    return cs + f.fma(-sn, s, f.fma(-cs, c, f.fma(-s, ssn, ccs)))


def _split(f: Formula, a: Term) -> tuple[Term, Term]:
    """What is left of |a| without the multiple of 1/128 next to it, and that multiple's place in the table."""
    shifted = abs(a) + _BIG
    return abs(a) - (shifted - _BIG), (f.bits(shifted) & 0x7F) << 2


def _row(f: Formula, index: Term) -> tuple[Term, ...]:
    """A row of the table."""
    table = f.table("sines", _table())
    return tuple(f.number(f.look_up(table, index + k)) for k in range(4))
