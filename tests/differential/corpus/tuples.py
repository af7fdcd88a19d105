"""packing, unpacking, nested, swapped, of the wrong length."""

from accel import fn


@fn
def pair(a, b):
    return b, (a, b)


@fn
def main(t, x):
    a, b = t
    a, b = b, a
    c, (d, e) = pair(a, x)
    return (a, b, (c, d)), t[0], t[-1], len(t), e, t[x]


CALLS = [
    "(1, 2.5), 1",
    "(1, 2), -2",
    "(1, 2, 3), 0",
    "(1,), 0",
    "(True, None), 0",
    "(1, 2), 2",
    "(2**63, 1), 0",
    "np.array([1.5, 2.5]), 1",
    "(1, 2), 1.0",
]
