"""This module counts bytes: how many tables of its own each pass has, values at a time, the length of a piece."""

import numpy as np

from accel import Comptime, comptime
from accel.tuning import Int, Space

SIZE = 30_720
SPACE = Space({"tables": Int(1, 8, log=True), "unrolled": Int(1, 8, log=True), "piece": [64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 6144]})
COMPILED = ("tables", "unrolled")


def make():
    """Arguments of a call: half of the bytes are the same, so that additions wait for each other."""
    random = np.random.default_rng(1)
    values = random.integers(0, 256, SIZE).astype(np.uint8)
    values[random.random(SIZE) < 0.5] = 7
    return values, np.zeros(256, np.int64), np.zeros((8, 256), np.int64)


def kernel(values, counts, own, piece: int, *, tables: Comptime[int], unrolled: Comptime[int]):
    counts[:] = 0
    for start in range(0, len(values), piece):
        for t in range(tables):
            for k in range(256):
                own[t, k] = 0
        for i in range(start, min(start + piece, len(values)), unrolled):
            for u in comptime(range(unrolled)):
                own[u % tables, values[i + u]] += 1
        for t in range(tables):
            for k in range(256):
                counts[k] += own[t, k]


def is_right(arguments, result):
    """Whether a call did what it should."""
    return np.array_equal(arguments[1], np.bincount(arguments[0], minlength=256))
