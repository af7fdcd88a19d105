"""This module is a transposition: the sizes of the tiles, loops written out, the order of reading."""

import numpy as np

from accel import Comptime, comptime, unroll
from accel.tuning import Int, Space

SIZE = 128
SPACE = Space({"by_rows": [True, False], "unrolled": Int(1, 8, log=True), "high": Int(4, 64, step=4), "wide": Int(4, 64, step=4)})
COMPILED = ("by_rows", "unrolled")


def make():
    """Arguments of a call."""
    return np.random.default_rng(1).random((SIZE, SIZE)), np.zeros((SIZE, SIZE))


def kernel(a, out, high: int, wide: int, *, by_rows: Comptime[bool], unrolled: Comptime[int]):
    n, m = a.shape
    for i0 in range(0, n, high):
        i1 = min(i0 + high, n)
        for j0 in range(0, m, wide):
            j1 = min(j0 + wide, m)
            if comptime(by_rows):
                for i in range(i0, i1):
                    for j in unroll(range(j0, j1), unrolled):
                        out[j, i] = a[i, j]
            else:
                for j in range(j0, j1):
                    for i in unroll(range(i0, i1), unrolled):
                        out[j, i] = a[i, j]


def is_right(arguments, result):
    """Whether a call did what it should."""
    return np.array_equal(arguments[1], arguments[0].T)
