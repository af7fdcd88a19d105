"""This module compiles counting values with Taichi: one thread, whose counts need not be atomic."""

import taichi as ti

from benchmarks.harness.taichi import I64, array


@ti.kernel
def histogram(x: array(I64, 1), bins: array(I64, 1)):
    ti.loop_config(serialize=True)
    for i in range(x.shape[0]):
        bins[x[i]] = bins[x[i]] + 1
