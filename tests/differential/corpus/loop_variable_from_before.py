"""a loop variable keeps what it held before its loop: facts about it hold inside only."""

from accel import fn


@fn
def main(n, m, j):
    x = 0
    for i in range(n):
        x = j * 3 + i
        for j in range(m):
            pass
    return x, j


CALLS = [
    "1, 1, 2**62",
    "3, 2, 2**62",
    "2, 0, 2**62",
    "0, 5, 7",
    "3, 2, 5",
]
