"""This module is accel's kernel."""

from accel.kernels import stencil as weigh


def stencil(x, weights, out):
    return weigh(x, weights, out=out)
