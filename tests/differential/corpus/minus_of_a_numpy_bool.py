"""NumPy refuses to negate or subtract bools."""

from accel import fn


@fn
def main(a, b):
    if b:
        return a - b
    return -a


CALLS = [
    "np.True_, np.True_",
    "np.True_, np.False_",
    "True, np.False_",
    "True, True",
]
