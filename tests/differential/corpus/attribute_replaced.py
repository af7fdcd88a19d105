"""a function of a module replaced and put back."""

import math

from accel import fn


@fn
def main(x):
    return math.sqrt(x)


CALLS = [
    "4.0",
    ("SAVED = math.sqrt; math.sqrt = abs", "-4.0"),
    ("math.sqrt = SAVED", "4.0"),
    "-1.0",
    "2",
]
