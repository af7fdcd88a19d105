"""`a[i, 0] -= v` where CPython reads `a[i, 0]`, as `i` may be a bool, and what it gives is an array: CPython goes on with it."""

import numpy as np

from accel import fn


@fn
def main(p1, p2):
    for i in (p2.shape[-1], p1, 2):
        p2[i, 0] -= p2[i, 0]
        p2[i, 1] += 1
    return i


CALLS = [
    "False, np.arange(27).astype('H').reshape(9, 3)",
    "True, np.arange(27).astype('H').reshape(9, 3)",
    "True, np.arange(9).astype('H').reshape(3, 3)",
    "False, np.arange(27.0).reshape(9, 3)",
]
