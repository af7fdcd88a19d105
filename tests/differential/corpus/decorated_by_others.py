"""a wrapper that carries the name and __wrapped__ of another function."""

from accel import fn


def wrapped(g):
    def inner(x):
        return g(x) + 1

    inner.__wrapped__ = g
    inner.__name__ = g.__name__
    return inner


@fn
@wrapped
def main(x):
    return x


CALLS = [
    "1",
    "2.5",
]
