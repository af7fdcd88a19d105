"""This module is accel's kernel on one thread."""

import accel
from accel.kernels import mandelbrot


def f64(cr, ci, limit):
    with accel.parallel(1):
        return mandelbrot(cr, ci, max_iter=limit)


f32 = deep = f64
