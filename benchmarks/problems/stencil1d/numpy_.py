"""This module is a three-point average of a vector, in whole-array NumPy."""


def stencil1d(src, dst):
    dst[1:-1] = (src[:-2] + src[1:-1] + src[2:]) / 3.0
