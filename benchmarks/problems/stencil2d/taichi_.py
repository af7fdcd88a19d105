"""This module compiles a five-point blur of a picture with Taichi."""

import taichi as ti

from benchmarks.harness.taichi import F64, array


@ti.kernel
def stencil2d(src: array(F64, 2), dst: array(F64, 2)):
    for i in range(1, src.shape[0] - 1):
        for j in range(1, src.shape[1] - 1):
            dst[i, j] = 0.2 * (src[i, j] + src[i - 1, j] + src[i + 1, j] + src[i, j - 1] + src[i, j + 1])
