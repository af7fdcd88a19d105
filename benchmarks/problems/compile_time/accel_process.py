"""This program imports accel and compiles one function."""

import numpy as np

import accel


@accel.fn(cache=False)
def dot(x, y):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


assert dot(np.ones(1000), np.ones(1000)) == 1000.0
