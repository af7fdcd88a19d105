"""This module is counting values, in whole-array NumPy."""

import numpy as np


def histogram(x, bins):
    bins += np.bincount(x, minlength=len(bins))
