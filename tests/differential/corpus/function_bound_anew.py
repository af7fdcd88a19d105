"""a global function is called as it is now."""

from accel import fn


def helper(x):
    return x + 1


@fn
def main(x):
    return helper(x) * 2


def other(x):
    return x - 1


KEPT = None


CALLS = [
    "2",
    ("helper = other", "2"),
    ("helper = abs", "-2"),
    ("helper = lambda x: (x,)", "2"),
    ("helper = other", "2.5"),
]
