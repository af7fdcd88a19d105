"""This module is NumPy's product: OpenBLAS's as it comes. One whose kernel or cache sizes were chosen by hand is no rival."""

import os

import numpy as np
import threadpoolctl

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    if name in os.environ:
        raise RuntimeError(f"{name} is set")


def product(a, b):
    return np.matmul(a, b)


def limited(threads):
    return threadpoolctl.threadpool_limits(threads)
