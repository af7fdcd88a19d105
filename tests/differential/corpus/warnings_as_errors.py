"""a filter that turns warnings into errors is looked at when the call is made."""

from accel import fn


WARN = None


@fn
def main(x, y):
    for i in range(len(x)):
        y[i] = x[i] * x[i]


CALLS = [
    "np.array([1.0, 1e200, 2.0]), np.zeros(3)",
    ("import warnings; warnings.simplefilter('error')", 'np.array([1.0, 1e200, 2.0]), np.zeros(3)'),
    ("import warnings; warnings.simplefilter('always')", 'np.array([1.0, 1e200, 2.0]), np.zeros(3)'),
]
