"""the first of equals, and whatever comparisons with NaN give."""

from accel import fn


@fn
def main(a, b):
    return min(a, b), max(a, b), min(b, a), max(b, a), min((a, b, a))


CALLS = [
    "math.nan, 1.0",
    "0.0, -0.0",
    "-0.0, 0",
    "1, 1.0",
    "True, 1",
    "math.nan, math.nan",
    "np.float64(1.0), 1",
]
