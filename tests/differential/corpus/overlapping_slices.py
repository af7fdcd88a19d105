"""a store into a slice that overlaps its source is done as if copied."""

from accel import fn


@fn
def main(a):
    a[1:] = a[:-1]
    a[:-1] += a[1:]
    a[::-1] = a
    a += a[::-1]


CALLS = [
    "np.arange(6.0)",
    "np.arange(8)",
    "np.zeros(0)",
    "np.arange(5, dtype='f')",
    "turned(np.arange(6.0))",
]
