"""the else of a loop that never ran sees the old value of its variable."""

from accel import fn


@fn
def main(n, m, j):
    s = 0
    for i in range(n):
        for j in range(m):
            pass
        else:
            s = j * 3 + i
    return s


CALLS = [
    "1, 0, 2**62",
    "2, 3, 2**62",
    "2, 0, 4",
]
