"""a store that was not done leaves the name as it was: finally reads it."""

import math

from accel import fn


@fn
def main(p, c):
    if c:
        pass
    else:
        p = 1
    try:
        p = math.isqrt(p - 4)
    finally:
        p = p * 2
        if c > 1:
            return p
    return p


CALLS = [
    "3, True",
    "3, 2",
    "8, 2",
    "8, 0",
    "2.5, 2",
]
