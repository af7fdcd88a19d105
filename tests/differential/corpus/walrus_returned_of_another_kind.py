"""`return (w := abs(v))` where CPython has to return it, as another `return` gives a tuple: `abs(v)` is not done again."""

from accel import fn


@fn
def main(p0, p1):
    p1, v1 = 2.0, p1
    for i in (p0, 1, 5):
        if i > 3:
            p1 = v1 % (abs(p1) + 0.25)
            if p0 <= 8 + p0:
                return (w0 := abs(v1))
    return v1, p0, p1


CALLS = ["7, -3.0", "1, 2.5", "-5, 0.0"]
