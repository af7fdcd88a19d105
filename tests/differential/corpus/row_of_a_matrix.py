"""a subscript that gives a view, between stores."""

from accel import fn


@fn
def main(y, x):
    v = None
    for i in range(len(y)):
        y[i] += 1.0
        v = x[i]
    return v


CALLS = [
    "np.zeros(3), np.arange(6.0).reshape(3, 2)",
    "np.zeros(3), np.zeros((2, 2))",
    "np.zeros(3), np.arange(4.0)",
]
