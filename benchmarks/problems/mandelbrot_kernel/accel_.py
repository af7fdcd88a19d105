"""This module is accel's kernel."""

from accel.kernels import mandelbrot


def f64(cr, ci, limit):
    return mandelbrot(cr, ci, max_iter=limit)


f32 = deep = f64
