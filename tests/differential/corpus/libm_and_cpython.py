"""the mathematical functions give the very bits and errors of math."""

import math

from accel import fn


@fn
def main(x):
    return math.sqrt(x), math.log(x), math.gamma(x), math.lgamma(x), math.exp(x), math.pow(x, 2.5), math.sin(x), math.fmod(x, 3)


CALLS = [
    "2.0",
    "1e-310",
    "0.0",
    "-1.0",
    "1000.0",
    "170.5",
    "math.nan",
    "math.inf",
    "3",
    "True",
    "np.float64(2.0)",
    "2**62",
    "10**400",
]
