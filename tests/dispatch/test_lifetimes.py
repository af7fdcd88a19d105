"""A decorated function, what it captures and what was compiled for it end when CPython would end the function."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import accel
from accel.dispatch import dispatcher
from tests.differential.counters import hasten

_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(_ROOT)}


class Held:
    """Something a function captures."""


def plain(x: Any) -> Callable[..., Any]:
    def f(a=1):
        return x

    return f


def with_loops(x: Any) -> Callable[..., Any]:
    def f(a=5):
        s = 0
        for i in range(a):
            for j in range(i):
                s += i // j if a > 100 else j
        return s, x is None

    return f


def with_arrays(x: Any) -> Callable[..., Any]:
    def f(a=5):
        y = np.arange(10.0)
        z = y * 2
        for i in range(10):
            z[i] = y[i] * a
        return z.sum() + a // (a - 5), x

    return f


def with_a_nested_function(x: Any) -> Callable[..., Any]:
    def f(a=2):
        g = lambda t: t + a  # noqa: E731
        try:
            return g(a) // (a - 2), x
        except ZeroDivisionError:
            return x

    return f


def half_compiled(x: Any) -> Callable[..., Any]:
    def f(a=3):
        if a == 3:
            return {a: x}
        return a

    return f


def refused(x: Any) -> Callable[..., Any]:
    def f(a=3):
        return x.there is [a]

    return f


MAKERS = [plain, with_loops, with_arrays, with_a_nested_function, half_compiled, refused]


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("make", MAKERS)
def test_no_cycle_keeps_it(make: Callable[[Any], Any], no_collection: None) -> None:
    for cache in (False, True, True):
        x = Held()
        f = accel.fn(cache=cache)(make(x))
        hasten(f)
        for _ in range(3):
            try:
                f()
            except (ZeroDivisionError, AttributeError):
                pass
        ends = weakref.ref(f), weakref.ref(x)
        del f, x
        assert [end() for end in ends] == [None, None]


def test_a_function_that_captures_itself_is_collected() -> None:
    def make(x):
        @accel.fn
        def f(n):
            return 0 if n < 1 else f(n - 1) + (x is None)

        hasten(f)
        f(5)
        assert f.accel.compiled
        return weakref.ref(f)

    x = Held()
    ends = [make(x), weakref.ref(x)]
    del x
    gc.collect()
    assert [end() for end in ends] == [None, None]


def test_calls_go_on_without_the_attribute() -> None:
    f = accel.fn(with_loops(None))
    hasten(f)
    inspection = f.accel
    assert f(4) == (4, True) and inspection.compiled
    del f.accel, inspection
    gc.collect()
    assert (f(4), f(True)) == ((4, True), (0, True))
    found = dispatcher.find_dispatcher(f)
    assert found is not None and len(found.entries) == 2
    end = weakref.ref(found)
    del found, f
    gc.collect()
    assert end() is None


def test_closures_made_again_and_again_are_compiled_a_limited_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "_MOST_TWINS", 8)

    def make(k):
        def f(n):
            s = 0
            for i in range(n):
                s += i * k
            return s

        made = accel.fn(f)
        hasten(made)
        return made

    made = [make(k) for k in range(12)]
    assert [f(4) for f in made] == [6 * k for k in range(len(made))]
    assert sum(f.accel.compiled for f in made) == 8


def test_making_small_closures_costs_nothing_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "_MOST_SMALL_TWINS", 4)

    def counter() -> Any:
        n = 0

        @accel.fn
        def step(by=1):
            nonlocal n
            n += by
            return n

        return step

    for _ in range(6):
        step = counter()
        hasten(step)
        assert [step() for _ in range(4)] == [1, 2, 3, 4] and step(2**80) == 2**80 + 4
    assert type(step) is FunctionType and not hasattr(step, "accel")


LATE = """
import os, sys, accel

@accel.fn
def late(n):
    s = 0
    for i in range(n):
        s += i // (n - 5)
    return s

late(3)

class Late:
    def __del__(self, late=late, write=os.write, str=str, Exception=Exception):
        for n in (4, 8, True, 5, "x"):
            try:
                write(1, (str(late(n)) + "; ").encode())
            except Exception as error:
                write(1, (str(error) + "; ").encode())

kept, sys.late = Late(), Late()
"""


def test_calls_while_the_interpreter_ends(tmp_path: Path) -> None:
    told = []
    for mark in ("@accel.fn", "# plain"):
        program = tmp_path / "late.py"
        program.write_text(LATE.replace("@accel.fn", mark))
        child = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, cwd=_ROOT, env=_ENVIRONMENT)
        assert not child.stderr
        told.append(child.stdout)
    assert told[0] == told[1] and told[0].startswith("-6; 7; 0; integer division or modulo by zero; ")


def test_what_a_cell_held_dies_when_it_is_bound_anew(no_collection: None) -> None:
    x: Any = Held()

    @accel.fn
    def f(n):
        held = x
        return n if n > 0 else held

    hasten(f)
    assert f(1) == 1 and f(1) == 1
    end = weakref.ref(x)
    x = None
    assert end() is None
