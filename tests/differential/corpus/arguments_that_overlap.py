"""loops over arrays that share memory go item by item."""

from accel import fn


@fn
def main(x, y):
    for i in range(len(x)):
        y[i] = x[i] * 2 + 1
    return x, y


CALLS = [
    "np.arange(8.0), a0",
    "np.arange(9.0)[1:], a0.base[:8]",
    "np.arange(9.0)[:8], a0.base[1:]",
    "np.arange(8.0), a0[::-1]",
    "np.arange(8.0), a0.view(np.int64)",
]
