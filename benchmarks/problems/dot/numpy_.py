"""This module is the dot product of two vectors, in whole-array NumPy."""

import numpy as np


def dot(x, y):
    return float(np.dot(x, y))
