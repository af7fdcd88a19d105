"""This module is five bodies that attract each other with SIMD values, every loop but that over the steps written out while compiling.

A place or a speed is one register, whose fourth lane is 0; nothing goes through memory within a step. What takes time is ten roots and ten divisions one
behind the other: they are done four at a time. For that the squares of four pairs are added across lanes, the first two of each and then the third, which
is the order of the plain loops, so that the bits are theirs. Flat floats cost 2.6 times as much: a root and a division at a time, each looked at for
what it might raise. SIMD values raise nothing.
"""

import accel
from accel import comptime
from accel.types import SIMD, Array, Float64

BODIES = 5
PAIRS = tuple((i, j) for i in range(BODIES) for j in range(i + 1, BODIES))
Row = SIMD[Float64, 4]


@accel.fn
def add_lanes(a: Row, b: Row, c: Row, d: Row) -> Row:
    """The sums of the lanes of each."""
    ab, cd = a.join(b), c.join(d)
    sums = (ab.shuffle(0, 4, 2, 6) + ab.shuffle(1, 5, 3, 7)).join(cd.shuffle(0, 4, 2, 6) + cd.shuffle(1, 5, 3, 7))
    return sums.shuffle(0, 1, 4, 5) + sums.shuffle(2, 3, 6, 7)


@accel.fn
def nbody(p: Array[Float64, 2], v: Array[Float64, 2], m: Array[Float64, 1], steps: int, dt: float) -> None:
    at = tuple(Row.load_tail(p[i], 0) for i in comptime(range(BODIES)))
    speed = tuple(Row.load_tail(v[i], 0) for i in comptime(range(BODIES)))
    mass = tuple(m[i] for i in comptime(range(BODIES)))
    for _ in range(steps):
        d = tuple(at[i] - at[j] for i, j in comptime(PAIRS + PAIRS[:2]))
        squares = tuple(d[k] * d[k] for k in comptime(range(12)))
        d2 = tuple(add_lanes(squares[k], squares[k + 1], squares[k + 2], squares[k + 3]) for k in comptime((0, 4, 8)))
        mag = tuple(dt / (d2[k] * d2[k].sqrt()) for k in comptime(range(3)))
        for k in comptime(range(10)):
            pull = mag[k // 4][k % 4]
            speed = tuple(
                speed[b] - d[k] * mass[PAIRS[k][1]] * pull
                if comptime(b == PAIRS[k][0])
                else speed[b] + d[k] * mass[PAIRS[k][0]] * pull
                if comptime(b == PAIRS[k][1])
                else speed[b]
                for b in comptime(range(BODIES))
            )
        at = tuple(at[i] + speed[i] * dt for i in comptime(range(BODIES)))
    for i in comptime(range(BODIES)):
        at[i].store_tail(p[i], 0)
        speed[i].store_tail(v[i], 0)
