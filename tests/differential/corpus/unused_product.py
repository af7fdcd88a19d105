"""a product nobody uses still warns."""

from accel import fn


@fn
def main(x):
    x[0] * x[0]
    s = 0.0
    for i in range(len(x)):
        s = x[i] * x[i]
    return s


CALLS = [
    "np.array([1e200, 1e300, 2.0])",
    "np.array([1.0, 2.0])",
    "np.array([1e200])",
]
