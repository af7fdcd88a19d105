"""The loop over blocks of lanes: any number of elements, any layout, wherever an element warns or raises."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel import vectorize

COUNTS = [1, 3, 8, 255, 256, 257, 600, 4095, 4096, 4097, 4500, 12300]


def many_results(a, b):
    """So many results that flags tell of them, and none that raises."""
    high = max(a, b, 3.0)
    span = high - min(a, b, 3.0)
    if span == 0.0:
        return 0.0
    scale = 60.0 / span
    if high == a:
        angle = (a + b) * 2.5
    elif high == b:
        angle = (b - a) * scale + 120.0
    else:
        angle = (a * b - 3.0) * scale + 240.0
    return angle + 360.0 if angle < 0.0 else angle


def turns(a, b):
    """Flags tell of what a loop computes, too."""
    s = a
    for _ in range(3):
        s = s * b / (a + 0.5)
    return s


def many_that_may_raise(a, b):
    """As the first, but for one element."""
    if a == 77.0:
        raise ValueError("77")
    return many_results(a, b)


def column(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9, 60, count).astype(float)


def fresh(function: Callable[..., Any]) -> Any:
    return vectorize(types.FunctionType(function.__code__, function.__globals__, function.__name__))


def by_hand(function: Callable[..., Any], a: np.ndarray, b: np.ndarray) -> tuple[list[Any], list[str]]:
    """Results up to the element that raises, and the texts of warnings."""
    found: list[Any] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            for x, y in zip(a, b, strict=True):
                found.append(function(x, y))
        except ValueError:
            pass
    return found, [str(w.message) for w in told]


def spoil(a: np.ndarray, where: int) -> None:
    """Have the element's results overflow."""
    a[where] = np.finfo(float).max


LAYOUTS: dict[str, Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]] = {
    "side by side": lambda a, b: (a, b, np.full(len(a), -1.0)),
    "in place": lambda a, b: (a, b, a),
    "operands apart": lambda a, b: (np.repeat(a, 3)[::3], np.repeat(b[::-1], 2)[::-2], np.full(len(a), -1.0)),
    "results apart": lambda a, b: (a, b, np.full(3 * len(a), -1.0)[1::3]),
    "results backwards": lambda a, b: (a, b, np.full(len(a), -1.0)[::-1]),
    "one the same for all": lambda a, b: (a, np.broadcast_to(b[0], len(a)), np.full(len(a), -1.0)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("function", [many_results, turns, many_that_may_raise])
def test_results_and_warnings(function: Callable[..., Any], layout: str) -> None:
    made = fresh(function)
    for count in COUNTS:
        for bad in {None, 0, count // 2, count - 1}:
            a, b, out = LAYOUTS[layout](column(count, 1), column(count, 2))
            if bad is not None:
                spoil(a, bad)
            want, texts = by_hand(function, a, b)
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                made(a, b, out=out)
            assert out.tolist() == want and [str(w.message) for w in told] == texts
    assert "lanes at a time" in made.accel.explain()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("layout", ["side by side", "results apart", "results backwards"])
def test_nothing_is_stored_behind_an_element_that_raises(layout: str, count: int) -> None:
    made = fresh(many_that_may_raise)
    for bad in {0, count // 2, count - 1}:
        a, b, out = LAYOUTS[layout](column(count, 3), column(count, 4))
        spoil(a, count // 3)
        a[bad] = 77.0
        want, _ = by_hand(many_that_may_raise, a, b)
        with pytest.raises(ValueError, match="77"), np.errstate(all="ignore"):
            made(a, b, out=out)
        assert out[:bad].tolist() == want and (out[bad:] == -1.0).all()


def test_a_warning_that_is_an_exception() -> None:
    made, a, b = fresh(many_results), column(5000, 5), column(5000, 6)
    spoil(a, 3000)
    want, _ = by_hand(many_results, a, b)
    for layout in ("side by side", "in place"):
        x, y, out = LAYOUTS[layout](a.copy(), b)
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            made(x, y, out=out)
        assert out[:3000].tolist() == want[:3000]


def test_flags_of_one_block_do_not_slow_down_those_behind() -> None:
    made, a, b = fresh(many_results), column(200_000, 7), column(200_000, 8)
    spoil(a, 0)
    with np.errstate(all="ignore"):
        made(a, b)
    assert made.accel.counters["plain"] <= 64  # elements that CPython did
