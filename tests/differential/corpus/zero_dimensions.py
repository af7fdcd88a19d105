"""an array without dimensions has one item and no length."""

from accel import fn


@fn
def main(a):
    a[()] = a[()] + 1
    a += 2
    return a[()], a.shape, a + 1, len(a)


CALLS = [
    "np.array(3.0)",
    "np.array(3)",
    "np.array(127, 'b')",
    "np.zeros(2)",
]
