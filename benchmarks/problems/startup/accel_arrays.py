"""This program calls a function of an array under accel."""

import sys

import numpy as np

import accel


@accel.fn
def f(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
    return s


assert f(np.ones(100000)) == 100000.0
assert "--cold" in sys.argv or not {"numba", "llvmlite"} & set(sys.modules), "a warm process imports a compiler"
