"""This program imports numba and compiles one function."""

import numba
import numpy as np


@numba.njit
def dot(x, y):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


assert dot(np.ones(1000), np.ones(1000)) == 1000.0
