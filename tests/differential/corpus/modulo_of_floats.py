"""signs and zeros of float floor division and modulo."""

from accel import fn


@fn
def main(a, b):
    return a // b, a % b, divmod(a, b)


CALLS = [
    "-7.5, 2.0",
    "7.5, -2.0",
    "-0.0, 3.0",
    "0.0, -3.0",
    "1e308, 1e-308",
    "math.inf, 2.0",
    "2.0, math.inf",
    "-2.0, math.inf",
    "-0.0, -0.0",
    "1.0, 0.0",
    "5.0, 3",
    "-1e-20, 3.0",
    "-5, 2.5",
]
