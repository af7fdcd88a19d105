"""np.errstate rules what NumPy scalars do."""

from accel import fn


@fn
def main(x):
    return x * x, x - x


CALLS = [
    "np.float64(1e200)",
    ("import numpy; numpy.seterr(all='raise')", 'np.float64(1e200)'),
    ("import numpy; numpy.seterr(all='raise')", 'np.float64(1e-200)'),
    ("import numpy; numpy.seterr(all='ignore')", 'np.float64(1e200)'),
    ("import numpy; numpy.seterr(all='warn')", 'np.float64(1e-200)'),
    ("import numpy; numpy.seterr(all='warn', under='ignore')", 'np.float64(math.inf)'),
]
