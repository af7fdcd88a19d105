"""an operation the operand's kind does not have."""

from accel import fn


@fn
def main(y, x):
    for i in range(len(y)):
        y[i] += 1.0
        ~x
    return ~x


CALLS = [
    "np.zeros(3), 1.5",
    "np.zeros(3), 4",
    "np.zeros(3), np.float64(2.0)",
    "np.zeros(0), True",
]
