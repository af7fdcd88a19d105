"""layouts and kinds of arrays machine code may not know."""

from accel import fn


@fn
def main(a):
    s = 0
    for i in range(len(a)):
        s += a[i]
    a[0] = 1
    return s, a[-1], a.shape, a.ndim, a.size


CALLS = [
    "np.arange(4.0)",
    "swapped(np.arange(4.0))",
    "unaligned(np.arange(4))",
    "spaced(np.arange(4, dtype='h'))",
    "turned(np.arange(4.0))",
    "readonly(np.arange(4.0))",
    "np.array(5.0)",
    "np.zeros(0)",
    "np.arange(4.0).view(Array)",
    "np.ma.masked_array([1.0, 2.0], [0, 1])",
    "np.array([1, None, 2], 'O')",
    "np.array(['a', 'b'])",
    "np.array([True, False])",
    "np.arange(3, dtype='e')",
    "np.arange(3, dtype='D')",
    "np.array([1, 2], 'M8[s]')",
    "np.broadcast_to(np.arange(1.0), 4)",
    "[1, 2, 3]",
    "np.arange(3, dtype='g')",
]
