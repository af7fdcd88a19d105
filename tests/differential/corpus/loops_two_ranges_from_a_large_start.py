"""seed 8000026, loops."""

from accel import fn

@fn
def main(x, y, z, m, idx, k):
    i = j = 4611686018427387904
    for i in range(i, 3):
        s = 1
    for i in range(i, k, 2):
        s += m[i, 2 * i]
        y[::2] += k
    return s


CALLS = [
    'np.zeros(3), np.zeros(3), np.zeros(3), np.arange(342.0).reshape(18, 19), np.array([2, 6, 8, 5, 0, 0, 8, 8, 8, 4, 2, 7, 7, 1, 2, 4, 7, 18]), 2',
]
