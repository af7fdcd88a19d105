"""This module is a three-point average of a vector, as plain Python."""


def stencil1d(src, dst):
    for i in range(1, src.shape[0] - 1):
        dst[i] = (src[i - 1] + src[i] + src[i + 1]) / 3.0
