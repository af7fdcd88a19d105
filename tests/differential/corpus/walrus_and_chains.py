"""walrus, chained comparisons, and, or: what is not needed is not evaluated."""

from accel import fn


@fn
def main(a, b, c):
    hits = 0
    if a < (t := b + 1) < c:
        hits += t
    if a and (u := b) or c:
        hits += 1
    v = a or b and c
    w = 0 < a < 10 // b < c
    return hits, v, w, u


CALLS = [
    "1, 2, 5",
    "0, 2, 5",
    "5, 0, 1",
    "1, 0, 9",
    "-1, 0, 0",
    "0.0, 1, -0.0",
    "math.nan, 1, 2",
    "np.float64(1.0), 2, 3",
]
