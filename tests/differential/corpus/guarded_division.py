"""a division that must not be done, nor warn, where the condition is false."""

from accel import fn


@fn
def main(x, y):
    for i in range(len(x)):
        v = x[i]
        if v != 0.0:
            w = 1.0 / v
        else:
            w = 0.0
        y[i] = w


CALLS = [
    "np.array([1.0, 0.0] * 20), np.zeros(40)",
    "np.array([1.0, 5e-324] * 20), np.zeros(40)",
]
