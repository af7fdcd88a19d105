"""The value of a conditional whose other side leaves is defined in a block that stands behind its use."""
from accel import fn


@fn
def main(p0):
    v1 = (2.5 if True else 0.0) if p0 != 1e-3 else [-3.0, 1.5][0]
    v2 = v1
    v3 = v1 = ((v1 - v1) % 50.0) ** 2 // (abs(round(v1, 3) % (abs(0.1 - v1) + 0.25)) + 0.25)
    return v3, v1, v2


CALLS = ["0.28", "-8.1", "0.001", "3.0"]
