"""the one quotient that does not fit."""

from accel import fn


@fn
def main(a, b):
    return a // b, a % b, divmod(a, b), -a, abs(a), a * b


CALLS = [
    "-(2**63), -1",
    "-(2**63), 1",
    "7, -2",
    "-7, 2",
    "2**63 - 1, -1",
    "np.int64(-2**63), np.int64(-1)",
    "-(2**63), True",
    "1, 0",
    "np.int64(1), 0",
]
