"""This module is the Mandelbrot set, one point and a picture, in whole-array NumPy."""

import numpy as np


def escape(cr, ci, limit):
    z, c = 0j, complex(cr, ci)
    for n in range(limit):
        if z.real * z.real + z.imag * z.imag > 4.0:
            return n
        z = z * z + c
    return limit


def picture(xs, ys, limit, counts):
    cr, ci = (np.ascontiguousarray(part).ravel() for part in np.broadcast_arrays(xs, ys[:, None]))
    x, y, where, flat = np.zeros_like(cr), np.zeros_like(cr), np.arange(cr.size), counts.reshape(-1)
    flat[:] = limit
    for n in range(limit):
        inside = x * x + y * y <= 4.0
        if not inside.all():
            flat[where[~inside]] = n
            x, y, cr, ci, where = x[inside], y[inside], cr[inside], ci[inside], where[inside]
        x, y = x * x - y * y + cr, 2.0 * x * y + ci
