"""int / int rounds once."""

from accel import fn


@fn
def main(a, b):
    return a / b


CALLS = [
    "2**53 + 1, 1",
    "2**63 - 1, 2**53 + 1",
    "-(2**63), 3",
    "2**62 + 1, 2**61 - 1",
    "1, 3",
    "0, -5",
    "10**400, 10**399",
    "10**400, 1",
    "1, 0",
    "True, 2",
]
