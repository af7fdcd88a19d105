"""an exception raised while another is handled is chained to it."""

from accel import fn


@fn
def main(a, b):
    try:
        return a // b
    except ZeroDivisionError:
        return a[b]


CALLS = [
    "1, 2",
    "1, 0",
    "1, 0.0",
    "2.5, 0",
]
