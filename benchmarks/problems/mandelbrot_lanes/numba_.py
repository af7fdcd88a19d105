"""This module makes a ufunc of one point of the Mandelbrot set with numba, which would compute in doubles where numbers are Python's."""

import numba
import numpy as np

from benchmarks.harness.load import twin
from benchmarks.problems.mandelbrot_lanes import python_

f64 = numba.vectorize(["i8(f8, f8, i8)"])(twin(python_.escape))


@numba.vectorize(["i8(f4, f4, i8)"])
def f32(cr, ci, limit):
    x = y = np.float32(0)
    n = 0
    while n < limit and x * x + y * y <= np.float32(4):
        x, y = x * x - y * y + cr, np.float32(2) * x * y + ci
        n += 1
    return n
