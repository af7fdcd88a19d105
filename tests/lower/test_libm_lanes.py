"""Functions of libm in lanes have its bits, or are not used."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from accel import vectorize
from accel.lower import libm_lanes, vector_exp, vector_sines
from accel.runtime.cpu import vector_bits

EDGES = [0.0, -0.0, 5e-324, -5e-324, 2.0**-54, -(2.0**-55), 1.0, -1.0, 511.99, -511.99, 512.0, -512.0, 709.78, -708.5, -745.2, -800.0, -math.inf, math.nan]
ANGLES = [0.0, -0.0, 5e-324, -5e-324, 1e-310, 2.0**-26, -(2.0**-27), 0.126, -0.126, 0.85546875, -0.85546875, 2.426265, -2.4262660, 105414350.0, -105414351.0, 1e22, -1e300, math.nan]
ANGLES += [k * math.pi / 4 for k in range(-40, 41)] + [math.nextafter(k * math.pi / 2, 0) for k in range(-9, 10)] + [k / 256 for k in range(230)]


def exponential(x):
    return math.exp(x)


def half(x):
    return math.exp(x) if x < 1 else 0.5


def sine(x):
    return math.sin(x)


def both(x):
    return math.cos(x) if x > -1e5 else math.sin(x) * 2.0


def agree(function: Any, values: np.ndarray[Any, Any]) -> None:
    made = vectorize(function)
    want = np.array([function(x) for x in values])
    assert np.array_equal(made(values), want, equal_nan=True) and np.array_equal(np.signbit(made(values)), np.signbit(want))
    assert "lanes at a time" in made.accel.explain()


def test_exponentials_of_every_size_and_edge() -> None:
    rng = np.random.default_rng(6)
    values = np.concatenate([rng.normal(size=20_000) * 100, 10.0 ** rng.uniform(-300, 2, 20_000), rng.uniform(-1e-3, 1e-3, 5000), np.resize(EDGES, 203)])
    for function in (exponential, half):
        agree(function, values)
    with pytest.raises(OverflowError):
        vectorize(exponential)(np.full(100, 710.0))


def test_angles_of_every_size_and_edge() -> None:
    rng = np.random.default_rng(7)
    sizes = [rng.normal(size=20_000) * 3, 10.0 ** rng.uniform(-300, 300, 20_000), rng.uniform(-1, 1, 20_000), rng.normal(size=10_000) * 1e6]
    values = np.concatenate([*sizes, np.resize(ANGLES, 1003)]) * np.resize([1, -1, 1], 71_003)
    for function in (sine, both):
        agree(function, values)
    for function in (sine, both):
        with pytest.raises(ValueError):
            vectorize(function)(np.full(100, math.inf))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["exp", "sin", "cos"])
def test_many_numbers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libm_lanes, "_TRIALS", 30_000_000)
    for exponents in libm_lanes._FORMULAS[name].exponents:
        assert libm_lanes._count_differences(name, vector_bits() // 64, exponents) == 0


@pytest.mark.skipif(vector_bits() < 256, reason="no gathers")
def test_other_bits_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    bits = vector_bits()
    assert all(libm_lanes.is_libm_known(f"libm.{name}", bits) for name in ("exp", "sin", "cos"))
    assert not libm_lanes.is_libm_known("libm.log", bits) and not libm_lanes.is_libm_known("libm.exp", 128)
    monkeypatch.setattr(vector_exp, "_P2", 0.50001)
    monkeypatch.setattr(vector_sines, "_SINE", (-0.16666666, 0.0083333))
    for name in ("exp", "sin", "cos"):
        assert libm_lanes._count_differences(name, bits // 64, libm_lanes._FORMULAS[name].exponents[0]) > 1000


def test_a_libm_with_other_bits_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libm_lanes, "_found", {(name, bits): False for name in ("exp", "sin", "cos") for bits in (512, 256, 128)})
    values = np.linspace(-5, 5, 101)
    for function in (exponential, both):
        made = vectorize(cache=False)(function)
        assert made(values).tolist() == [function(x) for x in values]
