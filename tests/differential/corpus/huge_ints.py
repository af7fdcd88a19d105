"""ints of thousands of bits come in, go out, are compared."""

from accel import fn


@fn
def main(a, b):
    if a > b:
        return a - b
    return a + b, a == b, bool(a), a & 255


CALLS = [
    "10**1000, 10**999",
    "10**1000, -(10**1000)",
    "5, 10**400",
    "-(10**400), 1.5",
    "10**400, 1.5",
    "2**64, 2**64 - 1",
]
