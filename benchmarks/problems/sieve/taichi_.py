"""This module compiles the sieve of Eratosthenes with Taichi, which is given the bytes of the flags."""

import numpy as np
import taichi as ti

from benchmarks.harness.taichi import array


@ti.kernel
def strike(flags: array(ti.u8, 1)):
    ti.loop_config(serialize=True)
    for i in range(2, ti.i64(ti.sqrt(flags.shape[0])) + 1):
        if flags[i]:
            j = i * i
            while j < flags.shape[0]:
                flags[j] = ti.u8(0)
                j += i


def sieve(flags):
    flags[:2] = False
    strike(flags.view(np.uint8))
