"""NumPy's division warns and goes on, Python's raises."""

from accel import fn


@fn
def main(x, y):
    for i in range(len(x)):
        y[i] = 1.0 / (x[i] - 2.0)
    y[3] = x[0]
    return 1.0 / float(x[1] - 1.0)


CALLS = [
    "np.arange(5.0), np.zeros(5)",
    "np.arange(6.0), np.zeros(5)",
    "np.arange(9.0), a0[1:]",
    "np.arange(9.0), a0[::-1]",
]
