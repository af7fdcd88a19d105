"""Two results whose dtypes differ, one of which does not fit at some element: those before it are stored."""

import math

import numpy as np

from accel import vectorize as fn


@fn
def main(n: int, x):
    k = 0
    while n > 100:
        n //= 3
        k += 1
    if x > 4:
        return n * n * 2**50, math.sqrt(abs(x))
    return k, x * 0.5


CALLS = [
    "column('l', 65, 11), column('f', 65, 12)",
    "np.arange(90) * 7, np.arange(90.0) % 4",
    "np.arange(90) * 7, np.arange(90.0) / 10",
    "np.int64(5), column('d', 33, 13)[::-1]",
    "column('i', 129, 14, 0.1), np.broadcast_to(np.float64(1.5), 129)",
]
