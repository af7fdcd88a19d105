"""two dtypes of the same size and hash: the scalar's class differs."""

from accel import fn


@fn
def main(a):
    return a[0], a[0] + 1, a


CALLS = [
    "np.arange(3, dtype='q')",
    "np.arange(3, dtype='l')",
    "np.arange(3, dtype='Q')",
    "np.arange(3, dtype='L')",
    "np.arange(3, dtype='i')",
]
