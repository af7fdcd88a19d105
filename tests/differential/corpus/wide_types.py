"""reductions and whole-array arithmetic give NumPy's bits."""

import numpy as np

from accel import fn


@fn
def main(a, b):
    c = a * b + 1
    return c, c.sum(), a.max() if a.size else 0, np.sin(a), (a > b), a.T


CALLS = [
    "np.linspace(0, 1, 37), 3",
    "np.arange(6, dtype='b'), np.arange(6, dtype='b')",
    "np.ones((2, 3)), np.arange(3.0)",
    "np.zeros(0), 1",
    "np.arange(6.0), np.arange(5.0)",
    "np.array([1e308, 2.0]), 10.0",
    "np.arange(4, dtype='f'), np.float64(0.1)",
    "np.array([True, False]), np.array([True, True])",
]
