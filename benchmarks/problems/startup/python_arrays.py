"""This program calls a function of an array in plain Python."""

import numpy as np


def f(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
    return s


assert f(np.ones(100000)) == 100000.0
