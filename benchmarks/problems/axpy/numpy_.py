"""This module is `y = a x + y` on vectors, in whole-array NumPy."""


def axpy(a, x, y):
    y[:] = a * x + y
