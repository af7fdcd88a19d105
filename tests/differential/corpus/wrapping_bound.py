"""a bound of a range that wraps as NumPy does, with a warning."""

from accel import fn


@fn
def main(y, n):
    for i in range(len(y)):
        y[i] += 1.0
        for j in range(n - 1):
            y[j] += 1.0
    return n - 1


CALLS = [
    "np.zeros(5), np.int8(-128)",
    "np.zeros(5), np.int8(4)",
    "np.zeros(200), np.int8(127)",
    "np.zeros(5), np.uint8(0)",
]
