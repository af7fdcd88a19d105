"""This module is SciPy's `correlate`, which adds in float64 whatever the dtype."""

from scipy import ndimage


def stencil(x, weights, out):
    ndimage.correlate(x, weights, output=out)
    return out
