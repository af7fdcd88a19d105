"""negative indexes count from the end, others raise."""

from accel import fn


@fn
def main(a, i):
    a[i] += 1
    return a[i], a[-i]


CALLS = [
    "np.arange(4), 2",
    "np.arange(4), -4",
    "np.arange(4), 4",
    "np.arange(4), -5",
    "np.arange(4), 2**63",
    "np.arange(4), -(2**63)",
    "np.arange(4), True",
    "np.arange(4), 1.0",
    "np.arange(4), np.uint64(3)",
    "np.arange(4), Index(1)",
]
