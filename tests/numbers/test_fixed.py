"""Fixed-point numbers: exact sums, rounding to nearest, overflow that raises or saturates."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

import accel
from accel.testing import check_numeric_type
from accel.types import Fixed, Int8, Int16, Int32, Int64
from tests.differential.counters import require_compiled

Q = Fixed[8, 4]


@pytest.mark.parametrize(("bits", "frac"), [(16, 15), *[pytest.param(*given, marks=pytest.mark.slow) for given in ((12, 0), (64, 20))]])
def test_contract(bits, frac):
    number, end = Fixed[bits, frac], 2 ** (bits - 1)
    check_numeric_type(number, [number(raw=raw) for raw in (0, 3, 3, -end, end - 1)])


def value(x):
    return Fraction(int(x.raw), 16)


def outcome(call):
    try:
        return value(call())
    except (OverflowError, ZeroDivisionError) as error:
        return type(error)


def rounded(exact, *, saturates=False):
    """What an exact result becomes."""
    raw = round(exact * 16)
    if saturates:
        return Fraction(max(-128, min(127, raw)), 16)
    return Fraction(raw, 16) if -128 <= raw <= 127 else OverflowError


def test_each_value_beside_each():
    for a, b in itertools.product(range(-128, 128, 5), repeat=2):
        one, other = Q(raw=a), Q(raw=b)
        x, y = value(one), value(other)
        assert outcome(lambda: one + other) == rounded(x + y) and outcome(lambda: one - other) == rounded(x - y)
        assert outcome(lambda: one * other) == rounded(x * y)
        assert outcome(lambda: one / other) == (rounded(x / y) if b else ZeroDivisionError)
        assert outcome(lambda: one % other) == (x % y if b else ZeroDivisionError)
        assert value(one.add(other)) == rounded(x + y, saturates=True) and value(one.subtract(other)) == rounded(x - y, saturates=True)
        assert value(one.multiply(other)) == rounded(x * y, saturates=True)
        assert (one < other, one == other, one >= other) == (x < y, x == y, x >= y)


def test_of_numbers():
    for x in (0.0, 0.7, -3.03125, 3.03125, -8.0, 7.9375, 1 / 3):
        assert value(Q.of(x)) == Fraction(round(Fraction(x) * 16), 16) and value(Q.saturated(x)) == value(Q.of(x))
    assert Q.of(3) == 3 and Q.of(np.int16(-8)) == -8 and Q.of(np.float64(0.5)) == Q.of(0.5) and hash(Q.of(3)) == hash(3) and hash(Q.of(0.5)) == hash(0.5)
    for wrong in (8.0, -9, 10**30, math.inf):
        with pytest.raises(OverflowError):
            Q.of(wrong)
    assert [value(Q.saturated(x)) for x in (8.0, -9, 10**30, math.inf, -math.inf)] == [Fraction(127, 16), -8, Fraction(127, 16), Fraction(127, 16), -8]
    with pytest.raises(ValueError, match="NaN"):
        Q.of(math.nan)
    with pytest.raises(ValueError, match="NaN"):
        Q.saturated(math.nan)


def test_conversions():
    assert [int(Q.of(x)) for x in (2.5, -2.5, -0.5, 0.0)] == [2, -2, 0, 0] and float(Q.of(-2.5)) == -2.5 and bool(Q.of(0)) is False
    with pytest.raises(OverflowError, match="beyond the range"):
        -Q.of(-8)
    with pytest.raises(OverflowError, match="beyond the range"):
        abs(Q.of(-8))


def test_beside_numbers():
    assert Q.of(1.5) + 2 == Q.of(3.5) and 3 - Q.of(0.5) == Q.of(2.5) and 1 / Q.of(4) == Q.of(0.25) and Q.of(2).add(100) == Q.saturated(100.0)
    with pytest.raises(OverflowError):
        Q.of(1) + 8
    for wrong in (0.5, np.float32(0.5), "1", Fixed[8, 3].of(1)):
        with pytest.raises(TypeError):
            Q.of(1) * wrong
    with pytest.raises(TypeError, match="takes 0 fields by position"):
        Q(3)
    with pytest.raises(AssertionError, match="2 to 64 bits"):
        Fixed[65, 3].of(1)


def test_storage():
    kinds = {(4, 0): Int8, (8, 7): Int8, (9, 1): Int16, (16, 15): Int16, (24, 8): Int32, (33, 0): Int64, (64, 63): Int64}
    for (bits, frac), integer in kinds.items():
        assert type(Fixed[bits, frac].of(-1 if frac < bits else 0).raw) is integer and Fixed[bits, frac].dtype["raw"] == np.dtype(integer)


def test_filter_in_compiled_code():
    S = Fixed[16, 12]

    @accel.fn
    def smooth(samples, out, share):
        state = S.of(0)
        for i in range(len(samples)):
            state = state.add(share * (samples[i] - state))
            out[i] = state
        return state

    samples, out = S.array(50), S.array(50)
    for k in range(50):
        samples[k] = S.of(math.sin(0.3 * k))
    with accel.disabled():
        wanted = smooth(samples, out, S.of(0.25)), out.tobytes()
    for _ in range(3):
        assert (smooth(samples, out, S.of(0.25)), out.tobytes()) == wanted
    require_compiled(smooth)
