"""a name that is None on one path."""

from accel import fn


@fn
def main(n, x):
    best = None
    for i in range(n):
        if best is None or i * x > best:
            best = i * x
    if best is not None and best > 3:
        return best + 1
    return best


CALLS = [
    "0, 1",
    "5, 2",
    "5, -1",
    "5, 2.5",
    "3, None",
    "4, 2**62",
]
