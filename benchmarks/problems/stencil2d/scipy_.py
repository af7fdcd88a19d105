"""This module is a five-point blur of a picture by SciPy's convolution."""

import numpy as np
from scipy import ndimage

CROSS = 0.2 * np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def stencil2d(src, dst):
    dst[1:-1, 1:-1] = ndimage.convolve(src, CROSS)[1:-1, 1:-1]
