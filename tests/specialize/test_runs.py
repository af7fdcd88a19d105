"""Runs of operations that are tested once, and what stands behind them."""

import numpy as np

import accel


@accel.fn(strict=True)
def mean_or_none(x, y):
    z = x = ((y / 3) + 2) + (np.cos(y) - y)
    if isinstance(x, (int, float)):
        z = None
        y += 1
    return z, x, y


def test_a_condition_known_while_compiling_behind_a_run():
    for y in (np.float32(2.5), np.float32(-1.0), np.float32(1e38)):
        with accel.disabled():
            want = mean_or_none(np.float32(1.0), y)
        got = mean_or_none(np.float32(1.0), y)
        assert list(map(repr, got)) == list(map(repr, want)) and list(map(type, got)) == list(map(type, want))
    assert mean_or_none.accel.compiled
