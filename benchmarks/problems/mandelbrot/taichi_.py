"""This module compiles the Mandelbrot set, one point and a picture with Taichi."""

import taichi as ti

from benchmarks.harness.taichi import F64, I64, array


@ti.kernel
def escape(cr: F64, ci: F64, limit: I64) -> I64:
    x, y, n = 0.0, 0.0, 0
    while n < limit and x * x + y * y <= 4.0:
        x, y = x * x - y * y + cr, 2.0 * x * y + ci
        n += 1
    return n


@ti.kernel
def picture(xs: array(F64, 1), ys: array(F64, 1), limit: I64, counts: array(I64, 2)):
    for row, column in counts:
        cr, ci = xs[column], ys[row]
        x, y, n = 0.0, 0.0, 0
        while n < limit and x * x + y * y <= 4.0:
            x, y = x * x - y * y + cr, 2.0 * x * y + ci
            n += 1
        counts[row, column] = n
