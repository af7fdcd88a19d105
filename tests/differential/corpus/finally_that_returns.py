"""a return in finally wins over an exception and over another return."""

from accel import fn


@fn
def main(a, b):
    for i in range(5):
        try:
            if i == b:
                return a // (a - a)
            a += 1
        finally:
            if a > 3:
                break
            if b > 3:
                return -1
    return a


CALLS = [
    "1, 1",
    "5, 0",
    "0, 4",
    "1, 2",
    "1, 0",
]
