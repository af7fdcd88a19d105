"""shifts by much, by nothing and by less than nothing."""

from accel import fn


@fn
def main(a, b):
    return a << b, a >> b


CALLS = [
    "1, 62",
    "1, 63",
    "-1, 63",
    "-1, 64",
    "3, 62",
    "0, 1000",
    "5, 0",
    "-5, 200",
    "1, -1",
    "1, True",
    "-(2**63), 1",
    "2**62, 1",
    "np.int32(1), 31",
    "np.int32(1), 32",
]
