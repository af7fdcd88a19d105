"""This module is five functions with parameters to tune; their defaults are what one writes without measuring."""

import numpy as np

import accel
from accel import Comptime, comptime, unroll
from accel.tuning import Int
from examples.tuned_sort import merge_sort


@accel.fn
def transpose(a, out, *, high=32, wide=32):
    n, m = a.shape
    for i0 in range(0, n, high):
        for j0 in range(0, m, wide):
            for i in range(i0, min(i0 + high, n)):
                for j in range(j0, min(j0 + wide, m)):
                    out[j, i] = a[i, j]


@accel.fn
def product(a, b, out, *, tile=32, unrolled: Comptime[int] = 1):
    n, m = a.shape
    out[:] = 0.0
    for k0 in range(0, m, tile):
        for i in range(n):
            for k in unroll(range(k0, min(k0 + tile, m)), unrolled):
                scale = a[i, k]
                for j in range(b.shape[1]):
                    out[i, j] += scale * b[k, j]


def inside(x, y, *, piece=1000, root=True, count="sum"):
    found = 0
    for start in range(0, len(x), piece):
        xs, ys = x[start : start + piece], y[start : start + piece]
        near = np.hypot(xs, ys) < 1.0 if root else xs * xs + ys * ys < 1.0
        found += int(near.sum()) if count == "sum" else int(np.count_nonzero(near))
    return found


@accel.fn
def checksum(x, *, lanes: Comptime[int] = 1):
    total = 0
    rest = len(x) % lanes
    for i in range(rest):
        total = total + x[i] & 0xFFFFFFFF
    for i in range(rest, len(x), lanes):
        for k in comptime(range(lanes)):
            total = total + x[i + k] & 0xFFFFFFFF
    return total


def make_matrices(size):
    """A matrix and room for its transposed one."""
    return np.random.default_rng(1).random((size, size)), np.zeros((size, size))


def make_product(size):
    """Two matrices and room for their product."""
    random = np.random.default_rng(2)
    return random.random((size, size)), random.random((size, size)), np.zeros((size, size))


def make_points(size):
    """Coordinates."""
    random = np.random.default_rng(3)
    return random.random(size), random.random(size)


def make_numbers(size):
    """Whole numbers."""
    return (np.random.default_rng(4).integers(0, 1 << 16, size),)


def make_sort(size):
    """Numbers and room for them."""
    return np.random.default_rng(5).random(size), np.zeros(size)


KERNELS = {  # function, options of `autotune`, arguments by size, the size that is searched, sizes that are not: far from it, and near
    "transpose": (transpose, {"high": Int(2, 128, log=True), "wide": Int(2, 128, log=True)}, make_matrices, 512, (1100, 513)),
    "product": (product, {"tile": Int(4, 128, log=True), "unrolled": [1, 2, 4]}, make_product, 128, (260, 130)),
    "inside": (inside, {"piece": Int(250, 256_000, log=True), "root": [True, False], "count": ["sum", "nonzero"]}, make_points, 100_000, (400_000, 90_001)),
    "checksum": (checksum, {"lanes": [1, 2, 4, 8]}, make_numbers, 20_000, (80_000, 19_001)),
    "sort": (merge_sort.__wrapped__, {"cutoff": Int(2, 128, log=True), "default": {"cutoff": 4}}, make_sort, 5_000, (20_000, 5_501)),
}
