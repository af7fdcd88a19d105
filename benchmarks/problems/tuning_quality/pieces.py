"""This module counts points in a circle with NumPy, piece by piece: the length of a piece, and how each step is written. Nothing is compiled."""

import numpy as np

from accel.tuning import Choice, Space

SIZE = 24_000
LENGTHS = [n for n in range(200, SIZE + 1) if SIZE % n == 0]
SPACE = Space(
    {"square": Choice("x * x", "square", "power"), "count": Choice("sum", "count_nonzero", "add.reduce"), "reused": [False, True], "root": Choice("none", "sqrt", "hypot"), "piece": LENGTHS},
    where=lambda root, square: root != "hypot" or square == "x * x",
)
COMPILED = ()


def make():
    """Arguments of a call."""
    random = np.random.default_rng(1)
    return random.random(SIZE), random.random(SIZE)


def squared(x, square, out):
    if square == "x * x":
        return np.multiply(x, x, out=out)
    return np.square(x, out=out) if square == "square" else np.power(x, 2, out=out)


def kernel(x, y, *, square, count, reused, root, piece):
    first, second = (np.empty(piece), np.empty(piece)) if reused else (None, None)
    found = 0
    for start in range(0, len(x), piece):
        xs, ys = x[start : start + piece], y[start : start + piece]
        if root == "hypot":
            lengths = np.hypot(xs, ys, out=first)
        else:
            lengths = np.add(squared(xs, square, first), squared(ys, square, second), out=first)
            if root == "sqrt":
                lengths = np.sqrt(lengths, out=first)
        inside = lengths < 1.0
        if count == "sum":
            found += int(inside.sum())
        else:
            found += int(np.count_nonzero(inside) if count == "count_nonzero" else np.add.reduce(inside))
    return found


def is_right(arguments, result):
    """Whether a call did what it should."""
    x, y = arguments
    return result == int((x * x + y * y < 1.0).sum())
