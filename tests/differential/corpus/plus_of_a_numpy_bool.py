"""NumPy's bool has rules of its own."""

from accel import fn


@fn
def main(a, b):
    return a + b, a * b, a & b, a | 1, a < b


CALLS = [
    "np.True_, np.True_",
    "np.True_, True",
    "True, np.False_",
    "np.False_, 3",
]
