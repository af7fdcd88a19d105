"""new defaults and a new code object are seen."""

from accel import fn


@fn
def main(x, y=2):
    return x + y


def other(x, y=1):
    return x * y


CALLS = [
    "1",
    ("main.__defaults__ = (7,)", "1"),
    ("main.__defaults__ = ()", "1"),
    ("main.__defaults__ = (2.5,)", "1"),
    "1, y=3",
]
