"""This module holds the functions, and their derivatives as a person writes them, undecorated."""

import math


def curve(x):
    return math.sin(x) * math.exp(-x * x) + x**3


def slope_of_curve(x):
    return math.exp(-x * x) * (math.cos(x) - 2.0 * x * math.sin(x)) + 3.0 * x * x


def rational(x):
    return (x * x * x - 2.0 * x + 1.0) / (1.0 + x * x)


def slope_of_rational(x):
    q = 1.0 + x * x
    return (3.0 * x * x - 2.0) / q - (x * x * x - 2.0 * x + 1.0) * 2.0 * x / (q * q)


def polynomial(x):
    s = 0.0
    for k in range(8):
        s = s * x + 0.1 * k
    return s


def slope_of_polynomial(x):
    return sum(0.1 * k * (7 - k) * x ** (6 - k) for k in range(7))


def branches(x):
    if x > 0.5:
        return math.sqrt(x) * 2.0
    return x * x + 0.25


def slope_of_branches(x):
    return 1.0 / math.sqrt(x) if x > 0.5 else 2.0 * x


def logistic(x):
    return 1.0 / (1.0 + math.exp(-x))


def slope_of_logistic(x):
    return logistic(x) * logistic(-x)


def over(function):
    """The sum of a function over points."""

    def total(points):
        s = 0.0
        for i in range(len(points)):
            s += function(points[i])
        return s

    return total
