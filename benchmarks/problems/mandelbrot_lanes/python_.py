"""This module is one point of the Mandelbrot set, as plain Python."""


def escape(cr, ci, limit):
    x = y = 0.0
    n = 0
    while n < limit and x * x + y * y <= 4.0:
        x, y = x * x - y * y + cr, 2.0 * x * y + ci
        n += 1
    return n


f64 = f32 = escape
