"""for over arrays, tuples, enumerate and zip, of unequal lengths and of matrices."""

from accel import fn


@fn
def main(a, b):
    s = 0
    for i, x in enumerate(a, 1):
        s += i * x
    for x, y in zip(a, b):
        if y == 2:
            continue
        s = s + x * y
    else:
        s += 1000
    for t in (1, 2.5, True):
        s += t
    for row in b:
        s = s + row
    return s, i


CALLS = [
    "np.arange(4.0), np.arange(3)",
    "np.arange(4), (1, 2)",
    "np.zeros(0), np.zeros(0)",
    "np.arange(3.0), np.ones((3, 2))",
    "(1, 2, 3), (4, 5, 6)",
    "np.array(3.0), (1,)",
    "[1, 2], (3,)",
]
