"""This module runs six loops over arrays on two threads with numba, whose user says which loops are parallel; a prefix maximum stays on one."""

import math

import numba
import numpy as np

from benchmarks.harness.load import twin
from benchmarks.problems.loops import python_

THREADS = 2
numba.set_num_threads(THREADS)


@numba.njit(parallel=True)
def stencil(x, out):
    for i in numba.prange(1, x.shape[0] - 1):
        for j in range(1, x.shape[1] - 1):
            out[i, j] = 0.2 * (x[i, j] + x[i - 1, j] + x[i + 1, j] + x[i, j - 1] + x[i, j + 1])


@numba.njit(parallel=True)
def triad(a, b, c, s):
    for i in numba.prange(a.shape[0]):
        a[i] = b[i] + s * c[i]


@numba.njit(parallel=True)
def histogram(index, count):
    own = np.zeros((THREADS, count.shape[0]), np.int64)
    for t in numba.prange(THREADS):
        for i in range(index.shape[0] * t // THREADS, index.shape[0] * (t + 1) // THREADS):
            own[t, index[i]] += 1
    for t in range(THREADS):
        for k in range(count.shape[0]):
            count[k] += own[t, k]


@numba.njit(parallel=True)
def forces(p, m, out):
    for i in numba.prange(p.shape[0]):
        x = y = z = 0.0
        for j in range(p.shape[0]):
            dx = p[j, 0] - p[i, 0]
            dy = p[j, 1] - p[i, 1]
            dz = p[j, 2] - p[i, 2]
            d2 = dx * dx + dy * dy + dz * dz + 1e-9
            w = m[j] / (d2 * math.sqrt(d2))
            x += dx * w
            y += dy * w
            z += dz * w
        out[i, 0] = x
        out[i, 1] = y
        out[i, 2] = z


@numba.njit(parallel=True)
def product(a, b, out):
    for i in numba.prange(a.shape[0]):
        for j in range(b.shape[1]):
            out[i, j] = 0.0
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]


prefix_maximum = numba.njit(twin(python_.prefix_maximum))
