"""NumPy's own inner loops called by compiled code: its bits, its warnings, in numbers and in vectors."""

from __future__ import annotations

import linecache
import warnings
from typing import Any

import numpy as np
import pytest

import accel
from accel.lower import loop_calls
from accel.types.ufuncs import BY_NUMPY


def function_of(name: str, operands: int) -> Any:
    """`numpy.<name>` in a function of its own."""
    given = ", ".join("xyz"[:operands])
    text = f"import numpy as np\n\n\ndef f({given}):\n    return np.{name}({given})\n"
    filename = f"<loop of {name}>"
    linecache.cache[filename] = len(text), None, text.splitlines(True), filename
    space: dict[str, Any] = {"__name__": "loops"}
    exec(compile(text, filename, "exec", dont_inherit=True), space)
    return space["f"]


def operands_of(count: int, char: str) -> list[np.ndarray]:
    """Numbers of many sizes, edges among them."""
    rng = np.random.default_rng(8)
    edges = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-320, 88.8, 710.0, -745.0, 1e30, np.inf, -np.inf, np.nan]
    with np.errstate(all="ignore"):
        values = np.concatenate([rng.normal(size=150) * 10.0 ** rng.integers(-6, 3, 150), edges]).astype(char)
    return [rng.permutation(values) for _ in range(count)]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """The same bits, but for what a NaN holds."""
    return bool(np.all(((one == other) & (np.signbit(one) == np.signbit(other))) | (np.isnan(one) & np.isnan(other))))


_USUAL = ("exp", "log", "sin", "arctan2")


@pytest.mark.parametrize("char", "df")
@pytest.mark.parametrize("name", [n if n in _USUAL else pytest.param(n, marks=pytest.mark.slow) for n in BY_NUMPY])
def test_bits_and_warnings(name: str, char: str) -> None:
    ufunc = getattr(np, name)
    operands = operands_of(ufunc.nin, char)
    made, scalar = accel.vectorize(function_of(name, ufunc.nin)), accel.fn(strict=True)(function_of(name, ufunc.nin))
    with warnings.catch_warnings(record=True) as expected:
        warnings.simplefilter("always")
        want = np.array([ufunc(*elements) for elements in zip(*operands, strict=True)])
    for got in (made, lambda *arrays: np.array([scalar(*elements) for elements in zip(*arrays, strict=True)])):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = got(*operands)
        assert result.dtype == want.dtype and same(result, want)
        assert sorted(str(w.message) for w in told) == sorted(str(w.message) for w in expected)
    assert "lanes at a time" in made.accel.explain()


def in_a_loop(x):
    n = 0
    for i in range(7):
        y = np.exp(x) + np.log(x + 2) * i
        n += 1 if y > 3 else 2
        x = x * 1.5 - 1
    return n


@pytest.mark.parametrize("char", "df")
def test_warnings_of_loops(char: str) -> None:
    values = np.array([1.0, 0.5, 900.0, -1.0, -800.0, 3.0] * 20, char)
    with warnings.catch_warnings(record=True) as expected:
        warnings.simplefilter("always")
        want = [in_a_loop(x) for x in values]
    made = accel.vectorize(in_a_loop)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert made(values).tolist() == want
    assert [str(w.message) for w in told] == [str(w.message) for w in expected]
    assert "lanes at a time" in made.accel.explain()


def masked(x):
    s = 0.0
    for i in range(6):
        s += np.log(x) if x > i else np.sin(x * i)
        if s > 5:
            break
    return s


def test_only_active_lanes() -> None:
    values = np.linspace(-3, 6, 203)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = accel.vectorize(masked)(values)
    assert got.tolist() == [masked(x) for x in values]


def test_a_loop_that_treats_vectors_otherwise_is_called_for_each_element(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loop_calls.is_the_same_for_vectors("exp", "d", 8)
    monkeypatch.setattr(loop_calls, "is_the_same_for_vectors", lambda name, char, width: False)
    values = np.linspace(-5, 5, 101)
    assert accel.vectorize(cache=False)(function_of("exp", 1))(values).tolist() == [np.exp(x) for x in values]
