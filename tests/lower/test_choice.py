"""Lanes or one element after the other: found out by the first large call, the same results either way."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from accel import vectorize
from accel.lower.choice import LANES, SCALAR

OFFSET = 1


def pieces(x, low):
    if x < low:
        return 0.0, 0
    if x < 0:
        return x * x, 1
    return (x + OFFSET, 2) if x < 2 else (1.0, 3)


def word(made):
    """Where the choice of the only loop stands."""
    (loop,) = made.accel._loops.values()
    return loop.choice


@pytest.mark.parametrize("count", [8192, 16_383, 20_001, 33_000])
def test_a_large_call_decides(count: int) -> None:
    made, values = vectorize(cache=False)(pieces), np.random.default_rng(2).normal(size=count) * 2
    made(values[:500], -1.0)
    assert word(made).value == 0
    results = made(values, -1.0)
    assert word(made).value in (LANES, SCALAR)
    want = [pieces(x, np.float64(-1.0)) for x in values]
    assert results[0].tolist() == [w[0] for w in want] and results[1].tolist() == [w[1] for w in want]


@pytest.mark.parametrize("choice", [LANES, SCALAR])
def test_results_are_the_same(choice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made, values = vectorize(cache=False)(pieces), np.random.default_rng(3).normal(size=20_001) * 2
    made(values[:10], -1.0)
    word(made).value = choice
    for operand in (values, values[::-1], values[::3]):
        got, kinds = made(operand, -1.0)
        assert (got[:200].tolist(), kinds[:200].tolist()) == tuple(map(list, zip(*(pieces(x, np.float64(-1.0)) for x in operand[:200]), strict=True)))
    assert ("one element at a time was faster" in made.accel.explain()) == (choice == SCALAR)
    monkeypatch.setitem(pieces.__globals__, "OFFSET", 7)
    assert made(np.full(300, 1.0), -1.0)[0].tolist() == [8.0] * 300


@pytest.mark.parametrize("bad", [0, 1500, 6000, 10_000, 13_333, 17_000, 39_999])
def test_an_element_that_raises_in_a_trial(bad: int) -> None:
    @vectorize(cache=False)
    def half(n: int):
        return 10**6 // n

    values = np.arange(40_000) - bad
    out = np.zeros(40_000, np.int64)
    with warnings.catch_warnings(), pytest.raises(ZeroDivisionError):
        half(values, out=out)
    assert np.count_nonzero(out[:bad]) == bad and not out[bad:].any()
