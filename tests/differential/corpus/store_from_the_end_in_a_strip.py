"""A store whose subscript counts from the end, in a loop long enough for strips."""

import numpy as np

from accel import fn


@fn
def main(m, y, n):
    for i in range(n):
        m[-1, i + i] -= 1.0 / y[n - 1 - i]
    for i in range(n - 1):
        m[i + 1, -1] *= y[i + 1]
    return m[-1, -1]


CALLS = [
    "np.arange(6480.0).reshape(80, 81), np.arange(1.0, 81), 40",
    "np.arange(6480.0).reshape(81, 80).T, np.arange(1.0, 81), 40",
    "np.arange(72.0).reshape(8, 9), np.arange(1.0, 9), 4",
]
