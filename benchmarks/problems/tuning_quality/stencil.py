"""This module is a mean over neighbours, twice: the sizes of the tiles, rows done at once, loops written out."""

import numpy as np

from accel import Comptime, comptime, unroll
from accel.tuning import Int, Space

SIZE = 194
SPACE = Space(
    {"rows": [1, 2, 3, 4], "unrolled": Int(1, 4, log=True), "high": [4, 6, 8, 12, 16, 24, 32, 36, 48, 64, 96, 192], "wide": [8, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 192]},
    where=lambda rows, unrolled, high: rows * unrolled <= 4 and high % rows == 0,
)
COMPILED = ("rows", "unrolled")


def make():
    """Arguments of a call."""
    return np.random.default_rng(1).random((SIZE, SIZE)), np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE))


def sweep(a, out, high: int, wide: int, *, rows: Comptime[int], unrolled: Comptime[int]):
    n, m = a.shape
    for i0 in range(1, n - 1, high):
        for j0 in range(1, m - 1, wide):
            j1 = min(j0 + wide, m - 1)
            for i in range(i0, min(i0 + high, n - 1 - (rows - 1)), rows):
                for j in unroll(range(j0, j1), unrolled):
                    for r in comptime(range(rows)):
                        out[i + r, j] = 0.25 * (a[i + r - 1, j] + a[i + r + 1, j] + a[i + r, j - 1] + a[i + r, j + 1])


def kernel(a, between, out, high: int, wide: int, *, rows: Comptime[int], unrolled: Comptime[int]):
    sweep(a, between, high, wide, rows=rows, unrolled=unrolled)
    sweep(between, out, high, wide, rows=rows, unrolled=unrolled)


def is_right(arguments, result):
    """Whether a call did what it should."""
    a, between, out = arguments
    for source, target in ((a, between), (between, out)):
        want = 0.25 * (source[:-2, 1:-1] + source[2:, 1:-1] + source[1:-1, :-2] + source[1:-1, 2:])
        if not np.allclose(target[1:-1, 1:-1], want, rtol=1e-12):
            return False
    return True
