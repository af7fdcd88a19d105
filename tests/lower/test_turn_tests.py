"""`while n < limit` with a float for a limit, in lanes."""

from __future__ import annotations

import numpy as np
import pytest

from accel import vectorize

LIMITS = [0.0, -1.0, 1.0, 6.5, 7.0, 40.0, -0.0, np.nan, np.inf, -np.inf, 1e300]


def below(x, limit):
    n = 0
    while n < limit:
        if x > 100.0:
            break
        x, n = x * 1.5 + 1.0, n + 1
    return n


def up_to(x, limit):
    n = 3
    while limit >= n and x <= 100.0:
        x, n = x * 1.5 + 1.0, n + 2
    return n


def above(x, limit):
    n = 0
    while not n > limit:
        if x > 100.0:
            return x
        x, n = x * 1.5 + 1.0, n + 1
    return n * 1.0


@pytest.mark.parametrize("char", "df")
@pytest.mark.parametrize("function", [below, up_to, above])
def test_limits(function, char):
    made, x = vectorize(function), np.linspace(0.0, 120.0, 203).astype(char)
    for limit in map(np.dtype(char).type, LIMITS if char == "d" else LIMITS[:-1]):
        assert made(x, limit).tolist() == [function(v, limit) for v in x]
    assert "lanes at a time" in made.accel.explain()


def test_numbers_that_are_no_floats_of_32_bits():
    def count(x, limit):
        n = 16_777_210
        while n < limit and x > 0.0:
            x, n = x - 1.0, n + 1
        return n

    made, x = vectorize(count), np.arange(203, dtype="f") % 40
    for limit in map(np.float32, (16_777_212, 16_777_216, 16_777_218, 16_777_220, np.inf)):
        assert made(x, limit).tolist() == [count(v, limit) for v in x]
