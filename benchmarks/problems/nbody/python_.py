"""This module is bodies that attract each other, as plain Python."""

import math


def nbody(p, v, m, steps, dt):
    n = m.shape[0]
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                dx = p[i, 0] - p[j, 0]
                dy = p[i, 1] - p[j, 1]
                dz = p[i, 2] - p[j, 2]
                d2 = dx * dx + dy * dy + dz * dz
                mag = dt / (d2 * math.sqrt(d2))
                v[i, 0] -= dx * m[j] * mag
                v[i, 1] -= dy * m[j] * mag
                v[i, 2] -= dz * m[j] * mag
                v[j, 0] += dx * m[i] * mag
                v[j, 1] += dy * m[i] * mag
                v[j, 2] += dz * m[i] * mag
        for i in range(n):
            for k in range(3):
                p[i, k] += dt * v[i, k]
