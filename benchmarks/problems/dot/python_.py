"""This module is the dot product of two vectors, as plain Python."""


def dot(x, y):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total
