"""Integers that stop at their ends."""

import itertools

import numpy as np
import pytest

import accel
from accel.testing import check_numeric_type
from accel.types import Int8, Int16, Int64, Saturating, UInt8
from tests.differential.counters import require_compiled

S = Saturating[UInt8]


@pytest.mark.parametrize("integer", [UInt8, *[pytest.param(integer, marks=pytest.mark.slow) for integer in (Int16, Int64)]])
def test_contract(integer):
    number, limits = Saturating[integer], np.iinfo(integer)
    check_numeric_type(number, [number(n) for n in (0, 3, 3, int(limits.min), int(limits.max))])


@pytest.mark.parametrize("integer", [Int8, UInt8])
def test_each_value_beside_each(integer):
    number, limits = Saturating[integer], np.iinfo(integer)

    def clipped(n):
        return max(int(limits.min), min(int(limits.max), n))

    for a, b in itertools.product(range(limits.min, limits.max + 1, 7), repeat=2):
        one, other = number(a), number(b)
        assert int(one + other) == clipped(a + b) and int(one - other) == clipped(a - b) and int(one * other) == clipped(a * b)
        if b:
            assert int(one // other) == clipped(a // b) and int(one % other) == a % b


def test_beside_integers():
    assert S(3) + 4 == S(7) and 1000 - S(3) == S(255) and S(3) - 1000 == S(0)
    assert S(3) + np.int16(-4) == 0 and np.uint8(250) + S(10) == S(255)
    for wrong in (4.0, "4", Saturating[Int8](4), np.float32(4)):
        with pytest.raises(TypeError, match="unsupported operand|does not support ufuncs"):
            S(3) + wrong
    with pytest.raises(TypeError, match="takes numpy.uint8 for `value`, got int"):
        S(256)


def test_in_compiled_code_and_arrays():
    @accel.fn
    def brighten(pixels, by):
        for i in range(len(pixels)):
            pixels[i] = pixels[i] + by
        return pixels[0]

    made = []
    for _ in range(3):
        pixels = S.from_array(np.array([(0,), (100,), (250,)], [("value", "u1")]))
        brighten(pixels, 10)
        made.append(pixels["value"].tolist())
    assert made == [[10, 110, 255]] * 3
    require_compiled(brighten)


def test_in_ufuncs_as_local_values():
    @accel.vectorize
    def brighten(x, by):
        return int(S.of(x) + by)

    assert brighten(np.array([0, 100, 250], np.int64), 10).tolist() == [10, 110, 255]
