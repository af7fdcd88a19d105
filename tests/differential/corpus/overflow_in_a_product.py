"""a vectorised product that overflows warns once per operation, in order."""

from accel import fn


@fn
def main(x, y):
    for i in range(len(x)):
        y[i] = x[i] * x[i]


CALLS = [
    "np.array([1.0, 1e200, 2.0] * 8), np.zeros(24)",
    "np.array([1.0, 3.0, 2.0] * 8), np.zeros(24)",
    "np.array([1e200, 1e200]), np.zeros(1)",
]
