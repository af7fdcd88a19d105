"""This module makes a ufunc of a sum with numba."""

import numba


@numba.vectorize(["f8(f8, f8)"])
def add(a, b):
    return a + b
