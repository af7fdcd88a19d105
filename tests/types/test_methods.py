"""Methods of numbers."""

import math

import numpy as np
import pytest

from accel.types import Float16, Float32, Float64, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64
from tests.differential.counters import require_compiled
from tests.exactness.agreement import agree_with_disabled

SIZES = {16: (Float16, Int16, UInt16), 32: (Float32, Int32, UInt32), 64: (Float64, Int64, UInt64)}
VALUES = (0, 1, -1.5, math.inf, -math.inf, math.nan, -0.0, 1e-7)


@pytest.mark.parametrize("bits", SIZES)
def test_bits_seen_as_another_type(bits):
    real, signed, unsigned = SIZES[bits]

    def look(x):
        return x.view(real), x.view(signed), x.view(unsigned)

    def bits_of(x):
        return look(x)[2]

    with np.errstate(all="ignore"):
        numbers = [real(v) for v in VALUES]
    given = [(x,) for x in numbers] + [(x.view(signed),) for x in numbers] + [(x.view(unsigned),) for x in numbers]
    made = agree_with_disabled(look, given)
    require_compiled(made)
    for x in numbers:
        assert made(x)[2] == x.view(unsigned) and made(x.view(unsigned))[0].tobytes() == x.tobytes()


def test_views_that_are_left_to_cpython():
    def look(x, class_):
        return x.view(class_)

    agree_with_disabled(lambda x: x.view(np.complex64), [(np.float64(1),), (np.float32(1),)])
    agree_with_disabled(lambda x: x.view(UInt8), [(np.float64(1),), (2.0,), (3,), (np.bool_(True),)])
