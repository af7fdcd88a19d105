"""fixed width scalars wrap with a warning, and keep their type."""

from accel import fn


@fn
def main(a, b):
    return a + b, a * b, a - b, -a, a // b, a % b


CALLS = [
    "np.int8(127), np.int8(1)",
    "np.int8(-128), np.int8(-1)",
    "np.uint8(3), np.uint8(5)",
    "np.int64(2**63 - 1), 1",
    "np.int32(5), 2",
    "np.int32(5), 2.5",
    "np.uint64(1), np.int64(-1)",
    "np.float32(0.1), 3",
    "np.float32(1e38), np.float64(10.0)",
    "np.float16(60000), np.float16(2)",
    "np.int8(5), 300",
    "np.int64(5), np.int64(0)",
    "1, np.int16(3)",
    "2**63, np.int64(1)",
    "np.int64(7), True",
]
