"""This program calls a function of an array under numba with its cache."""

import numba
import numpy as np


@numba.njit(cache=True)
def f(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
    return s


assert f(np.ones(100000)) == 100000.0
