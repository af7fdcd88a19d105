"""nested functions and lambdas read the names around them as they are when called."""

from accel import fn


@fn
def main(n, x):
    k = 2

    def scaled(t, by=3):
        return t * k + by

    add = lambda t: t + x  # noqa: E731
    s = scaled(n)
    k = 5
    for i in range(4):
        s += add(i) + scaled(i, by=1)
    return s, scaled(x)


CALLS = [
    "3, 4",
    "3, 2.5",
    "-1, 2**62",
    "2.5, np.float64(1.5)",
]
