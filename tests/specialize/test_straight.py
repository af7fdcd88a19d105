"""Loops with branches that run in strips, both sides computed, give what CPython gives: values of sides not taken, checks that fail there, stores
that are not made, loops that are left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel.analysis.facts import find_facts
from accel.analysis.parse import parse_function
from accel.ir import Signature
from accel.specialize.infer import plan_function
from accel.types.kinds import Array, Float, Int, Kind
from tests.exactness.agreement import agree_compiled


def sum_if(x, y, t):
    s = 0.0
    for i in range(len(x)):
        if x[i] > t:
            s += x[i]
    return s


def sum_either(x, y, t):
    s, n = 0.0, 0
    for i in range(len(x)):
        if x[i] > t:
            s += x[i] * y[i]
        elif y[i] < t:
            s = s - y[i]
        else:
            n += 1
    return s, n


def replaced(x, y, t):
    s = last = 0.0
    for i in range(len(x)):
        kept = s
        s = s + x[i]
        if y[i] > t:
            s = kept - y[i]
            last = s
    return s, last


def clip(x, y, t):
    for i in range(len(x)):
        v = x[i]
        if v < t:
            v = t
        elif v > 0.8:
            v = 0.8
        y[i] = v
    return v


def overwritten(x, y, t):
    for i in range(len(x)):
        y[i] = x[i] * t
        if x[i] > t:
            y[i] = 1
        if x[i] > 2 * t:
            y[i] = x[i] - t
    return y[0]


def set_on_both_sides(x, y, t):
    for i in range(len(x)):
        if x[i] > t:
            y[i] = x[i] * 2.0
        else:
            y[i] = -1
    return i


def set_sometimes(x, y, t):
    for i in range(len(x)):
        if x[i] > t and y[i] != 3.0:
            y[i] += x[i]
    return i


def first_beyond(x, y, t):
    for i in range(len(x)):
        if x[i] > t:
            break
        y[i] = x[i]
    else:
        return -1
    return i


def returned(x, y, t):
    s = 0.0
    for i in range(len(x)):
        if not x[i] < 1e6:
            return i, s
        s += x[i]
    return s


def raised(x, y, t):
    for i in range(len(x)):
        if x[i] < -0.5:
            raise ValueError(i)
        y[i] = 1.0 / (x[i] + 2.0)
    return y


def skipped(x, y, t):
    n = 0
    for i in range(len(x)):
        if x[i] < t:
            continue
        if y[i] < t:
            n -= 1
            continue
        n += 2
    return n


def guarded(x, y, t):
    n = len(x)
    for i in range(n):
        if i > 0 and x[i - 1] > t:
            y[i] = x[i - 1]
        if i + 1 < n:
            y[i] -= x[i + 1]
    return y[-1]


def swapped(x, y, t):
    a, b, c = 0.0, 1.0, 2.0
    for i in range(len(x)):
        if x[i] > t:
            a, b = b, a
        else:
            b, c = c, b + x[i]
    return a, b, c


def extremes(x, y, t):
    low, high, at = x[0], x[0], 0
    for i in range(1, len(x)):
        if x[i] < low:
            low = x[i]
            at = i
        elif x[i] > high:
            high = x[i]
    return low, high, at


def flags(x, y, t):
    n = 0
    for i in range(len(x)):
        inside = 0.25 < x[i] < 0.75
        if inside or (y[i] > t and not x[i] == y[i]):
            n += i * 3 - 1
        y[i] = 1 if inside else 0.5
    return n, inside


def divided(x, y, t):
    for i in range(len(x)):
        if x[i] != 0.0:
            y[i] = t / x[i]
        else:
            y[i] = 0.0
    return i


FUNCTIONS = [
    sum_if, sum_either, replaced, clip, overwritten, set_on_both_sides, set_sometimes, first_beyond, returned, raised, skipped, guarded, swapped,
    extremes, flags, divided,
]  # fmt: skip


def vectors(n: int, at: int, value: float, char: str = "d") -> tuple[Any, ...]:
    rng = np.random.default_rng(n)
    x, y = rng.random(n), rng.random(n)
    if at < n:
        x[at] = value
    return x.astype(char), y.astype(char), 0.4


@pytest.mark.parametrize("n", [1, 8, 33, 100])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_special_numbers(function: Callable[..., Any], n: int) -> None:
    values = (0.5, np.inf, -np.inf, np.nan, 1.7e308, -1.7e308, -0.0, 0.0, 5e-324, -1.0)
    agree_compiled(function, *(lambda a=a, v=v: vectors(n, a, v) for a in (0, 7, 40, 99) for v in values))


@pytest.mark.parametrize("char", "fe")
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_small_floats(function: Callable[..., Any], char: str) -> None:
    values = (0.5, np.inf, np.nan, 3e38 if char == "f" else 65504.0, -1.0)
    agree_compiled(function, *(lambda a=a, v=v: vectors(70, a, v, char) for a in (0, 40, 69) for v in values))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_arrays_that_share_memory(function: Callable[..., Any]) -> None:
    def shared(first: int, second: int, turn: int) -> tuple[Any, ...]:
        base = np.random.default_rng(5).random(200)
        return base[first : first + 70], base[second : second + 70][::turn], 0.4

    agree_compiled(
        function, *(lambda w=w, t=t: shared(*w, t) for w in ((0, 0), (0, 1), (1, 0), (0, 80), (3, 40)) for t in (1, -1))
    )


def count(a, b, k):
    n = 0
    for i in range(len(a)):
        if a[i] == k or (a[i] < b[i] and b[i] != 0):
            n += a[i]
            b[i] = a[i] - b[i]
        elif a[i] > 100:
            b[i] = k
    return n


def python_ints(a, b, k):
    n, m = k, 1
    for i in range(len(a)):
        if i * i > 50:
            n += i * i
        else:
            m = n - i
        if n > 2**62:
            n -= m
    return n, m


def life(a, b, k):
    for i in range(1, len(a) - 1):
        s = a[i - 1] + a[i + 1] - a[i]
        b[i] = 1 if s == 3 or (s == 2 and a[i] == 1) else 0
    return b


@pytest.mark.parametrize("function", [count, python_ints, life, clip, skipped, extremes, first_beyond], ids=lambda f: f.__name__)
@pytest.mark.parametrize("char", "bHlQ")
def test_integers(function: Callable[..., Any], char: str) -> None:
    def make(at: int, value: int, k: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(at)
        a, b = rng.integers(0, 5, 80), rng.integers(0, 5, 80)
        return np.where(np.arange(80) == at, value, a).astype(char), b.astype(char), k

    cases = [(a, v, k) for a in (3, 50) for v in (1, 127, -1, 2**63 - 1, -(2**63)) for k in (2, 2**62, -(2**63))]
    agree_compiled(function, *(lambda c=c: make(*c) for c in cases))


def test_an_element_stored_twice_with_another_store_between() -> None:
    def elsewhere(x, y, t):
        for i in range(len(x)):
            x[i] = 1.0
            y[i] = 2.0
            x[i] = 3.0
            if t[i] < 0:
                break
        return x

    def at(x, k, t):
        for i in range(len(x)):
            x[i] = 1.0
            x[k] = 2.0
            x[i] = 3.0
            if t[i] < 0:
                break
        return x

    def shared(offset: int) -> tuple[Any, ...]:
        x = np.zeros(72)
        return x[:70], x[offset : offset + 70], np.ones(70)

    agree_compiled(elsewhere, *(lambda o=o: shared(o) for o in (0, 1, 2)), lambda: (np.zeros(70), np.zeros(70), np.ones(70)))
    agree_compiled(at, *(lambda k=k: (np.zeros(70), k, np.ones(70)) for k in (0, 35, 69, -1, 70)))


def test_planes() -> None:
    def walls(a, b, t):
        n, m = a.shape
        for i in range(n):
            for j in range(m):
                if 0 < j < m - 1 and a[i, j] > t:
                    b[i, j] = a[i, j - 1] + a[i, j + 1]
                elif i > 0:
                    b[i, j] = b[i - 1, j]
        return b

    def make(order: str, value: float) -> tuple[Any, ...]:
        a = np.random.default_rng(0).random((5, 75))
        a[3, 60] = value
        return np.asarray(a, order=order), np.zeros((5, 75), order=order), 0.5

    agree_compiled(walls, *(lambda o=o, v=v: make(o, v) for o in "CF" for v in (0.5, np.inf, np.nan, 1.7e308)))


# -- what is decided


def strips_of(function: Any, *kinds: Kind) -> int:
    plan = plan_function(function, Signature(kinds), lambda f: find_facts(parse_function(f)))
    return sum(i.op == "strip_ahead" for i in plan.root.flow.instructions())


def test_what_runs_in_strips() -> None:
    def called(x, y, t):
        for i in range(len(x)):
            if x[i] > t:
                y[i] = divmod(x[i], t)[0]

    def found(x, y, t):
        for i in range(len(x)):
            if x[i] > t:
                k = i
        return k

    numbers = Array("d", 1, "C")
    for function in (
        sum_if,
        sum_either,
        clip,
        set_on_both_sides,
        set_sometimes,
        first_beyond,
        returned,
        raised,
        skipped,
        swapped,
        flags,
    ):
        assert strips_of(function, numbers, numbers, Float()) == 2, function.__name__
    integers = Array("l", 1, "C")
    assert strips_of(count, integers, integers, Int()) == 2
    for function in (called, found, divided):
        assert strips_of(function, numbers, numbers, Float()) == 0, function.__name__
