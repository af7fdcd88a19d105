"""This module is accel's kernel."""

import accel
from accel.kernels import conv2d


def prepare(x, weight):
    accel.parallel(1).__enter__()  # and stays
    return lambda: conv2d(x, weight, padding="same")
