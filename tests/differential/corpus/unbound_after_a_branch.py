"""a name that may be unbound, a name deleted."""

from accel import fn


@fn
def main(c):
    if c > 0:
        x = c
    if c > 5:
        del x
    y = 2
    del y
    return x


CALLS = [
    "1",
    "0",
    "6",
    "1.5",
    "-1",
]
