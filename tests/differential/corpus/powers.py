"""powers of every sign."""

from accel import fn


@fn
def main(a, b):
    return a**b


CALLS = [
    "2, 62",
    "2, 63",
    "-2, 63",
    "2, -1",
    "0, -1",
    "0, 0",
    "0.0, -1.0",
    "-8.0, 0.5",
    "2.5, 2",
    "10, 18",
    "10, 19",
    "1e200, 2",
    "2, 0.5",
    "True, 3",
    "np.int64(2), np.int64(64)",
    "np.int64(2), np.int64(-1)",
    "np.float64(-8.0), 0.5",
    "-1, 2**70",
]
