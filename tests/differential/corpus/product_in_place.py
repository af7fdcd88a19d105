"""an operand that is overwritten: the warning must not cost the old value."""

from accel import fn


@fn
def main(x, y):
    for i in range(len(x)):
        y[i] = x[i] * y[i]


CALLS = [
    "np.array([1.0, 1e200, 2.0] * 8), a0.copy()",
    "np.array([1.0, 1e200, 2.0] * 8), a0",
    "np.array([2.0, 1e200, 3.0]), a0[::-1]",
]
