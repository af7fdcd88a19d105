"""int() of what is not in range is no index."""

from accel import fn


@fn
def main(a, x):
    return a[int(x)]


CALLS = [
    "np.arange(4.0), 2.9",
    "np.arange(4.0), -1.5",
    "np.arange(4.0), 1e300",
    "np.arange(4.0), math.nan",
    "np.arange(4.0), math.inf",
    "np.arange(4.0), -(2.0**63)",
]
