"""A loop, then an operation that raises for every element of one dtype and for none of another."""

import numpy as np

from accel import vectorize as fn


@fn
def main(t):
    for _ in range(1):
        pass
    return t - 224


CALLS = [
    "column('b', 64, 669991, 0.4)",
    "column('h', 65, 669991, 0.4)",
    "column('l', 63, 669991, 0.4)",
    "column('b', 0, 1)",
]
