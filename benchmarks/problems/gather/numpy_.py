"""This module is reading through an index, in whole-array NumPy."""

import numpy as np


def gather(x, index, out):
    np.take(x, index, out=out)
