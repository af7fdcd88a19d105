"""This module compiles three plain loops for a matrix product with Taichi."""

import taichi as ti

from benchmarks.harness.taichi import F64, array


@ti.kernel
def matmul(a: array(F64, 2), b: array(F64, 2), c: array(F64, 2)):
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                c[i, j] = c[i, j] + a[i, k] * b[k, j]
