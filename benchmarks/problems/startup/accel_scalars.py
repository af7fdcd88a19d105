"""This program calls a function of scalars under accel."""

import sys

import accel


@accel.fn
def f(x, n):
    s = 0.0
    for i in range(n):
        s += x * i
    return s


assert f(2.0, 100000) == 9999900000.0
assert "--cold" in sys.argv or not {"numba", "llvmlite", "numpy"} & set(sys.modules), "a warm process imports a compiler or NumPy"
