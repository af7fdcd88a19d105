"""Lambdas inside one another on one line; left while they are known."""

from accel import fn


@fn
def main(x, y):
    f = lambda x: lambda y: lambda z: x + y + z  # noqa: E731
    g = lambda t: t + x  # noqa: E731
    s = g(y)
    if s > 3:
        s += f(1)(2)(3) + [g(s)][0]
    return s // y


CALLS = ["1, 2", "2, 2", "1, 0", "2.5, 4", "5, 1"]
