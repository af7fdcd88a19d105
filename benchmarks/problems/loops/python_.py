"""This module is six loops over arrays, as plain Python."""

import math


def stencil(x, out):
    for i in range(1, x.shape[0] - 1):
        for j in range(1, x.shape[1] - 1):
            out[i, j] = 0.2 * (x[i, j] + x[i - 1, j] + x[i + 1, j] + x[i, j - 1] + x[i, j + 1])


def triad(a, b, c, s):
    for i in range(a.shape[0]):
        a[i] = b[i] + s * c[i]


def histogram(index, count):
    for i in range(index.shape[0]):
        count[index[i]] += 1


def forces(p, m, out):
    for i in range(p.shape[0]):
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


def product(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            out[i, j] = 0.0
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]


def prefix_maximum(x, out):
    m = -math.inf
    for i in range(x.shape[0]):
        m = max(m, x[i])
        out[i] = m
