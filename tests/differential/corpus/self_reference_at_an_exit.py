"""a function that names itself leaves compiled code."""

from accel import fn

SCALE = 1


def inner(n, q=1):
    if n > 5:
        return inner(n - 1)
    return SCALE % n


@fn
def main(p):
    return inner(p, SCALE)


CALLS = [
    "1",
    "0",
    "7",
    ("SCALE = 2.5", "0"),
]
