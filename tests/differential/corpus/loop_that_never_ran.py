"""the variable of a loop over nothing stays unbound."""

from accel import fn


@fn
def main(n):
    for i in range(n):
        s = i
    return i, s


CALLS = [
    "3",
    "0",
    "-1",
    "1",
]
