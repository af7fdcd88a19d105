"""This module is a product of two matrices: block sizes, rows and lanes held in registers, the order of the blocks."""

import numpy as np

from accel import Comptime, comptime
from accel.tuning import Int, Space
from accel.types import SIMD, Array, Float64

SIZE = 96
SPACE = Space(
    {"rows": [1, 2, 3, 4, 6, 8], "width": Int(2, 16, log=True), "columns_first": [False, True], "wide": [16, 32, 48, 96], "deep": [4, 8, 16, 32, 96]},
    where=lambda rows, width: rows * width <= 96,
)
COMPILED = ("rows", "width", "columns_first")


def make():
    """Arguments of a call."""
    random = np.random.default_rng(1)
    return random.random(SIZE * SIZE), random.random(SIZE * SIZE), np.zeros(SIZE * SIZE)


def block(a: Array[Float64, 1], b: Array[Float64, 1], out: Array[Float64, 1], j0: int, j1: int, k0: int, k1: int, *, rows: Comptime[int], width: Comptime[int]):
    for i in range(0, 96, rows):
        for j in range(j0, j1, width):
            sums = tuple(SIMD[Float64, width].load(out, (i + r) * 96 + j) for r in comptime(range(rows)))
            for k in range(k0, k1):
                line = SIMD[Float64, width].load(b, k * 96 + j)
                sums = tuple(sums[r] + SIMD[Float64, width](a[(i + r) * 96 + k]) * line for r in comptime(range(rows)))
            for r in comptime(range(rows)):
                sums[r].store(out, (i + r) * 96 + j)


def kernel(a: Array[Float64, 1], b: Array[Float64, 1], out: Array[Float64, 1], wide: int, deep: int, *, rows: Comptime[int], width: Comptime[int], columns_first: Comptime[bool]):
    out[:] = 0.0
    if comptime(columns_first):
        for j in range(0, 96, wide):
            for k in range(0, 96, deep):
                block(a, b, out, j, min(j + wide, 96), k, min(k + deep, 96), rows=rows, width=width)
    else:
        for k in range(0, 96, deep):
            for j in range(0, 96, wide):
                block(a, b, out, j, min(j + wide, 96), k, min(k + deep, 96), rows=rows, width=width)


def is_right(arguments, result):
    """Whether a call did what it should."""
    a, b, out = (x.reshape(SIZE, SIZE) for x in arguments)
    return np.allclose(out, a @ b, rtol=1e-12)
