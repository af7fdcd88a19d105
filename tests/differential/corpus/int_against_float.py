"""comparisons of int and float are exact."""

from accel import fn


@fn
def main(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b, min(a, b), max(a, b)


CALLS = [
    "2**53 + 1, 2.0**53",
    "2**63 - 1, 2.0**63",
    "-(2**63), -(2.0**63)",
    "2**53, 2.0**53",
    "1, math.nan",
    "1, math.inf",
    "0, -0.0",
    "True, 1.0",
    "10**400, math.inf",
]
