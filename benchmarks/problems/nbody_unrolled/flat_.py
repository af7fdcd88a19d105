"""This module is five bodies that attract each other with accel, as floats in tuples, every loop but that over the steps written out while compiling."""

import math

import accel
from accel import comptime
from accel.types import Array, Float64
from benchmarks.problems.nbody_unrolled.accel_ import BODIES, PAIRS


@accel.fn
def nbody(p: Array[Float64, 2], v: Array[Float64, 2], m: Array[Float64, 1], steps: int, dt: float) -> None:
    x, y, z = tuple(tuple(p[i, k] for i in comptime(range(BODIES))) for k in comptime(range(3)))
    vx, vy, vz = tuple(tuple(v[i, k] for i in comptime(range(BODIES))) for k in comptime(range(3)))
    mass = tuple(m[i] for i in comptime(range(BODIES)))
    for _ in range(steps):
        for i, j in comptime(PAIRS):
            dx, dy, dz = x[i] - x[j], y[i] - y[j], z[i] - z[j]
            d2 = dx * dx + dy * dy + dz * dz
            mag = dt / (d2 * math.sqrt(d2))
            vx = tuple(
                vx[k] - dx * mass[j] * mag if comptime(k == i) else vx[k] + dx * mass[i] * mag if comptime(k == j) else vx[k]
                for k in comptime(range(BODIES))
            )
            vy = tuple(
                vy[k] - dy * mass[j] * mag if comptime(k == i) else vy[k] + dy * mass[i] * mag if comptime(k == j) else vy[k]
                for k in comptime(range(BODIES))
            )
            vz = tuple(
                vz[k] - dz * mass[j] * mag if comptime(k == i) else vz[k] + dz * mass[i] * mag if comptime(k == j) else vz[k]
                for k in comptime(range(BODIES))
            )
        x = tuple(x[i] + dt * vx[i] for i in comptime(range(BODIES)))
        y = tuple(y[i] + dt * vy[i] for i in comptime(range(BODIES)))
        z = tuple(z[i] + dt * vz[i] for i in comptime(range(BODIES)))
    for i in comptime(range(BODIES)):
        p[i, 0], p[i, 1], p[i, 2] = x[i], y[i], z[i]
        v[i, 0], v[i, 1], v[i, 2] = vx[i], vy[i], vz[i]
