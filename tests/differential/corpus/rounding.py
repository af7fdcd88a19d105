"""round, int, floor and ceil of what fits and what does not."""

import math

from accel import fn


@fn
def main(x):
    return round(x), int(x), math.floor(x), math.ceil(x), round(x, 1), math.trunc(x)


CALLS = [
    "2.5",
    "-2.5",
    "3.5",
    "-0.4",
    "2.0**62",
    "2.0**63",
    "-(2.0**63)",
    "1e300",
    "math.nan",
    "math.inf",
    "0.05",
    "7",
    "True",
    "np.float64(2.5)",
    "-0.0",
]
