"""an empty tuple as the index of a store in place."""

import numpy as np

from accel import fn


@fn
def main(p):
    p[()] += 1
    p[...] = p * np.float64(2)
    return p[()]


CALLS = [
    "np.zeros(3)",
    "np.array(2.0)",
    "np.array(2)",
    "np.zeros((0, 3))",
]
