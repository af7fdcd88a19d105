"""This module is NumPy's dot product of float32, and the copy of the bytes that the other one reads.

NumPy's product is OpenBLAS's as it comes: one whose kernel or cache sizes were chosen by hand is no rival.
"""

import os

import numpy as np

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    if name in os.environ:
        raise RuntimeError(f"{name} is set")


def f32(a, b):
    return a @ b


def bf16(a, b, copy_a, copy_b):
    np.copyto(copy_a, a)
    np.copyto(copy_b, b)
