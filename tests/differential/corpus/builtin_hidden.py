"""a global that hides a builtin, and goes again."""

from accel import fn


@fn
def main(x):
    return abs(x), len((x, x))


CALLS = [
    "-2",
    ("abs = float", "-2"),
    ("globals().pop('abs', None)", '-2'),
    ("len = str", "-2"),
    ("globals().pop('len', None)", '-2.5'),
]
