"""subclasses of int, float and ndarray have operators of their own."""

from accel import fn


@fn
def main(a, b):
    return a + b, a * b, a < b, int(a), float(b)


CALLS = [
    "1, 2",
    "Int(1), 2",
    "1, Int(2)",
    "Float(1.5), 2",
    "1, Float(2.0)",
    "Float(1.0), Int(3)",
    "True, Int(1)",
]
