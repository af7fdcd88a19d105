"""assert with and without a message, the message only evaluated when needed."""

from accel import fn


@fn
def main(a, b):
    assert a, b // a
    assert a > b
    assert (a - 5) != 0, (a, b)
    return a


CALLS = [
    "1, 0",
    "0, 3",
    "1, 2",
    "5, 2",
    "0.0, 3",
    "math.nan, 1",
]
