"""This module compiles bodies that attract each other with Taichi: one thread, as steps follow each other."""

import taichi as ti

from benchmarks.harness.taichi import F64, I64, array


@ti.kernel
def nbody(p: array(F64, 2), v: array(F64, 2), m: array(F64, 1), steps: I64, dt: F64):
    ti.loop_config(serialize=True)
    for _ in range(steps):
        n = m.shape[0]
        for i in range(n):
            for j in range(i + 1, n):
                dx = p[i, 0] - p[j, 0]
                dy = p[i, 1] - p[j, 1]
                dz = p[i, 2] - p[j, 2]
                d2 = dx * dx + dy * dy + dz * dz
                mag = dt / (d2 * ti.sqrt(d2))
                v[i, 0] = v[i, 0] - dx * m[j] * mag
                v[i, 1] = v[i, 1] - dy * m[j] * mag
                v[i, 2] = v[i, 2] - dz * m[j] * mag
                v[j, 0] = v[j, 0] + dx * m[i] * mag
                v[j, 1] = v[j, 1] + dy * m[i] * mag
                v[j, 2] = v[j, 2] + dz * m[i] * mag
        for i in range(n):
            for k in range(3):
                p[i, k] = p[i, k] + dt * v[i, k]
