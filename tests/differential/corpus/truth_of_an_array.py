"""the truth of an array raises half way."""

from accel import fn


@fn
def main(y, x):
    for i in range(len(y)):
        y[i] += 1.0
        if x:
            y[i] = 7.0


CALLS = [
    "np.zeros(3), np.zeros(2)",
    "np.zeros(3), np.ones(1)",
    "np.zeros(3), np.zeros(1)",
    "np.zeros(3), 1.5",
]
