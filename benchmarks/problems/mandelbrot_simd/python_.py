"""This module is the counts of points of the Mandelbrot set, one after the other, as plain Python."""

import numpy as np

from benchmarks.problems.mandelbrot_lanes.python_ import escape


def f64(cr, ci, limit):
    return np.array([escape(a, b, limit) for a, b in zip(cr.tolist(), ci.tolist(), strict=True)], np.int32)


def f32(cr, ci, limit):
    return np.array([escape(a, b, limit) for a, b in zip(cr, ci, strict=True)], np.int32)
