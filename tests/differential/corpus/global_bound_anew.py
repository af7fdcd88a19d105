"""a global is read as it is now."""

from accel import fn


SCALE = 3


@fn
def helper(x):
    return SCALE * x


@fn
def main(x):
    return helper(x) + SCALE


CALLS = [
    "2",
    ("SCALE = 5", "2"),
    ("SCALE = 2.5", "2"),
    ("SCALE = None", "2"),
    ("SCALE = 3", "2"),
    ("globals().pop('SCALE')", '2'),
    ("SCALE = 2**70", "2"),
]
