"""ends in RecursionError, with the depth of the caller back afterwards."""

from accel import fn


@fn
def down(n):
    return down(n + 1) + 1


@fn
def main(n):
    try:
        return down(n)
    except RecursionError:
        return -n


CALLS = [
    "1",
    "2",
    "3.5",
]
