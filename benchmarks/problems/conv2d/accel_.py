"""This module is accel's kernel, on one thread."""

import accel
from accel import kernels

accel.parallel(1).__enter__()  # and stays


def conv2d(x, weight):
    return kernels.conv2d(x, weight, padding="same")
