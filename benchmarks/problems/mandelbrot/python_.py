"""This module is the Mandelbrot set, one point and a picture, as plain Python."""


def escape(cr, ci, limit):
    x = y = 0.0
    n = 0
    while n < limit and x * x + y * y <= 4.0:
        x, y = x * x - y * y + cr, 2.0 * x * y + ci
        n += 1
    return n


def picture(xs, ys, limit, counts):
    for row in range(len(ys)):
        for column in range(len(xs)):
            cr, ci = xs[column], ys[row]
            x = y = 0.0
            n = 0
            while n < limit and x * x + y * y <= 4.0:
                x, y = x * x - y * y + cr, 2.0 * x * y + ci
                n += 1
            counts[row, column] = n
