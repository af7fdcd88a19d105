"""objects whose conversions raise."""

from accel import fn


@fn
def main(a, x):
    if x:
        return a[x]
    return float(x)


CALLS = [
    "np.arange(3), 1",
    "np.arange(3), Hostile()",
    "np.arange(3), Index(2)",
    "np.arange(3), 0",
    "np.arange(3), ''",
    "np.arange(3), None",
]
