"""an index array with negative and wild items."""

from accel import fn


@fn
def main(a, idx):
    s = 0.0
    for i in range(len(idx)):
        s += a[idx[i]]
        a[idx[i]] = s
    return s


CALLS = [
    "np.arange(5.0), np.array([0, 2, -1, 4])",
    "np.arange(5.0), np.array([0, 7, 1])",
    "np.arange(5.0), np.array([-6])",
    "np.arange(5.0), np.array([1, 2], 'b')",
    "np.arange(5.0), np.array([2**63, 1], 'Q')",
    "np.arange(5.0), np.array([1.0])",
    "np.arange(5.0), a0.view(np.int64)",
]
