"""Numbers for each lane, bools among masks, and a break that another mask decides, in values of several registers."""

from accel import fn
from accel.types import SIMD, Bool, Float64, Int64


@fn
def main(x, limit, flag):
    n = SIMD[Int64, 8](1, 2, 3, 4, 5, 6, 7, 8)
    y = x * 2 + SIMD[Float64, 8](1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    for k in range(limit):
        x = x * 0.5 + 1.0
        inside, low = (x < 3.0) ^ flag, x < 1.9
        y = y - x
        inside.any()
        if not low.all():
            break
        n = n + inside.cast(Int64)
        n = n - 3
        y = inside.select(x, y)
        if k == 2:
            del inside
    return n, x, y, inside & SIMD[Bool, 8](flag)


CALLS = [
    'SIMD[Float64, 8].iota(), 5, False',
    'SIMD[Float64, 8](0.1), 5, True',
    'SIMD[Float64, 8](0.1), 2, False',
    'SIMD[Float64, 8](0.1), 3, False',
]
