"""stores before the one that raises stay."""

from accel import fn


@fn
def main(a, i):
    a[0] = 5.0
    a[i] = 6.0
    a[100] = 1.0


CALLS = [
    "np.zeros(3), 1",
    "np.zeros(3), -3",
    "np.zeros(3), 3",
    "np.zeros(101), -101",
    "readonly(np.zeros(3)), 1",
]
