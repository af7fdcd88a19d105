"""This module is `y = a x + y` on vectors, as plain Python."""


def axpy(a, x, y):
    for i in range(x.shape[0]):
        y[i] = a * x[i] + y[i]
