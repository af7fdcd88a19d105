"""This module holds elementary functions of one number, as plain Python: the operand's NumPy scalar decides the width of the result."""

import math

import numpy as np

from benchmarks.problems.functions.problem import RANGES, WIDTHS


def exp(x):
    return np.exp(x)


def log(x):
    return np.log(x)


def sin(x):
    return np.sin(x)


def cos(x):
    return np.cos(x)


def tanh(x):
    return np.tanh(x)


def in_doubles(name):
    function = getattr(math, name)
    return lambda x: type(x)(function(x))


globals().update({f"{name}_{width}": in_doubles(name) for name in RANGES for width in WIDTHS})
