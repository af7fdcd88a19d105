"""a name that is an int, then a float, then a complex."""

from accel import fn


@fn
def main(n, x):
    s = 0
    for i in range(n):
        if i == 3:
            s = s + 0.5
        elif i == 6:
            s = s * 1j
        s += x
    return s


CALLS = [
    "2, 1",
    "5, 1",
    "9, 1",
    "9, 2.5",
    "9, np.float32(0.1)",
    "5, True",
    "4, 2**62",
]
