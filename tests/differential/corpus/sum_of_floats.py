"""sum compensates from Python 3.12 on."""

import math

from accel import fn


@fn
def main(a, b, c):
    return sum((a, b, c)), math.fsum((a, b, c)), sum((1, a, b)), sum((1, 2, 3), 4), math.hypot(a, b, c)


CALLS = [
    "1e16, 1.0, -1e16",
    "0.1, 0.2, 0.3",
    "math.inf, 1.0, 2.0",
    "-0.0, -0.0, -0.0",
    "math.nan, 1.0, math.inf",
]
