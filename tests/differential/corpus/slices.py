"""slices of every sign, stores into them, views of the argument."""

from accel import fn


@fn
def main(a, i, j, k):
    b = a[i:j:k]
    a[1:3] = 7
    b[:] += 1
    a[::2] = a[::-1][::2]
    return b, a[::-1], len(b), b.shape


CALLS = [
    "np.arange(6.0), 1, 5, 2",
    "np.arange(6.0), -1, 0, -2",
    "np.arange(6.0), None, None, None",
    "np.arange(6), 10, 20, 1",
    "np.arange(6.0), 0, 3, 0",
    "np.zeros((4, 3)), 1, 3, 1",
    "readonly(np.arange(6.0)), 1, 5, 2",
    "np.zeros(1), 0, 1, 1",
    "np.arange(6.0), 2**63, -(2**70), -1",
    "np.arange(6.0), 1.5, 2, 1",
]
