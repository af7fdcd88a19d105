"""an argument handed back is the same object."""

from accel import fn


@fn
def main(a, b, c):
    if c:
        a[0] = b
        return a
    return (a, b, a[:])


CALLS = [
    "np.zeros(3), 1.5, True",
    "np.zeros(3), 1.5, False",
    "[1, 2], 3, True",
    "np.zeros(2), None, False",
]
