"""targets are stored left to right: the second may depend on the first."""

from accel import fn


@fn
def main(a, i, c):
    i, a[i if c else 0] = 2, 1.0
    a[i], i = 5.0, 0
    return i


CALLS = [
    "np.zeros(3), 1, True",
    "np.zeros(3), 1, False",
    "np.zeros(1), 1, True",
]
