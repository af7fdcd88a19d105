"""This module is the counts of points of the Mandelbrot set with SIMD values, written by hand: one to six registers at a time, the fastest of them.

The turn ends with the look at the mask, as in C: what the next turn needs is computed by then, and no register has to keep what it was. Points
beside the last whole step are done in one of their own, as those of the rivals are.
"""

import numpy as np

import accel
from accel.types import SIMD, Array, Comptime, Float32, Float64, Int32, Int64, simd_width
from benchmarks.problems.mandelbrot_lanes.variants import Fastest

REGISTERS = range(1, 7)


@accel.fn
def count(cr: Array, ci: Array, limit: int, counts: Array[Int32, 1], *, real: Comptime[type], whole: Comptime[type], width: Comptime[int]):
    last = len(cr) - len(cr) % width
    for i in range(0, last, width):
        x0, y0 = SIMD[real, width].load(cr, i), SIMD[real, width].load(ci, i)
        x, y, n = SIMD[real, width](0.0), SIMD[real, width](0.0), SIMD[whole, width](0)
        for _ in range(limit):
            xx, yy = x * x, y * y
            inside = xx + yy <= 4.0
            n = n + inside.cast(whole)
            y = 2.0 * x * y + y0
            x = xx - yy + x0
            if not inside.any():
                break
        n.cast(Int32).store(counts, i)
    return last


class Widths(Fastest):
    """The counts of points with vectors of the fastest width."""

    def __init__(self, real, whole):
        super().__init__({registers: registers * simd_width(real) for registers in REGISTERS})
        self.dtypes = {"real": real, "whole": whole}
        self.accel = count.accel

    def run(self, name, cr, ci, limit):
        counts, width = np.empty(len(cr), np.int32), self.variants[name]
        last = count(cr, ci, limit, counts, **self.dtypes, width=width)
        if last < len(cr):
            found = np.empty(width, np.int32)
            count(np.resize(cr[last:], width), np.resize(ci[last:], width), limit, found, **self.dtypes, width=width)
            counts[last:] = found[: len(cr) - last]
        return counts


f64, f32 = Widths(Float64, Int64), Widths(Float32, Int32)
