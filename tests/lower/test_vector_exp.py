"""`exp` in lanes has the bits of libm, or is not used."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accel import vectorize
from accel.lower import vector_exp
from accel.lower.machine import vector_bits

EDGES = [0.0, -0.0, 5e-324, -5e-324, 2.0**-54, -(2.0**-55), 1.0, -1.0, 511.99, -511.99, 512.0, -512.0, 709.78, -708.5, -745.2, -800.0, -math.inf, math.nan]


def exponential(x):
    return math.exp(x)


def half(x):
    return math.exp(x) if x < 1 else 0.5


def test_every_size_and_edge() -> None:
    rng = np.random.default_rng(6)
    values = np.concatenate([rng.normal(size=20_000) * 100, 10.0 ** rng.uniform(-300, 2, 20_000), rng.uniform(-1e-3, 1e-3, 5000), np.resize(EDGES, 203)])
    for function in (exponential, half):
        made = vectorize(function)
        want = np.array([function(x) for x in values])
        assert np.array_equal(made(values), want, equal_nan=True)
        assert "lanes at a time" in made.accel.explain()
    with pytest.raises(OverflowError):
        vectorize(exponential)(np.full(100, 710.0))


def test_a_libm_with_other_bits_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    bits = vector_bits()
    if bits >= 256:
        assert vector_exp.is_libm_known(bits)
        assert vector_exp._count_differences(bits // 64) == 0
        monkeypatch.setattr(vector_exp, "_P2", 0.50001)
        assert vector_exp._count_differences(bits // 64) > 1000
    monkeypatch.setattr(vector_exp, "_known", {512: False, 256: False, 128: False})
    made = vectorize(cache=False)(exponential)
    values = np.linspace(-5, 5, 101)
    assert made(values).tolist() == [math.exp(x) for x in values]
