"""This program prints the nanoseconds of its first call: of a compiled function, or of the same one tuned."""

import sys
import time

import numpy as np

import accel
from accel import Comptime


@accel.fn
def scale(x, out, *, factor: Comptime[int] = 1):
    for i in range(len(x)):
        out[i] = x[i] * factor + (3 - factor) * x[i]


tuned = accel.autotune(factor=[1, 2, 3], budget="1s")(scale)
x, out = np.ones(100), np.zeros(100)
if sys.argv[1] == "fn":
    start = time.perf_counter_ns()
    scale(x, out, factor=1)
else:
    start = time.perf_counter_ns()
    tuned(x, out)
print(time.perf_counter_ns() - start)
