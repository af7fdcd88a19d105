"""The first turn of a loop written out: every number of turns, every way out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel.types.kinds import Union
from tests.exactness.agreement import agree_compiled
from tests.specialize.plans import plan_for


def escape(c, limit):
    x = y = 0.0
    n = 0
    while n < limit and x * x + y * y <= 4.0:
        x, y = x * x - y * y + c[0], 2.0 * x * y + c[1]
        n += 1
    return n, x, y


def chosen(c, limit):
    s = 0
    for i in range(limit):
        if c[i % 2] > 0.25:
            s += c[i % 2] * i
    return s


def left_early(c, limit):
    s = 0
    for i in range(limit):
        s = s + c[0] if i != 1 else s
        if s > 3.0:
            break
    else:
        s = -s
    return s, i


def few(c, limit):
    s = 0
    for k in range(3):
        s = s + c[k % 2] * k
        c[k % 2] = s
    return s, k


def inside(c, limit):
    t = 0
    for i in range(limit):
        s = 0
        for k in range(i):
            s += c[k % 2]
        t = t + s
    return t


def fails(c, limit):
    s = 1
    for i in range(limit):
        s = s / c[i % 2]
        s = s * 10
    return s


LOOPS = [escape, chosen, left_early, few, inside, fails]


@pytest.mark.parametrize("function", LOOPS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "values", [(-0.1, 0.2), (1.5, 0.5), (0.0, 1.0), (np.inf, 1.0), (np.nan, 0.0), (1e300, 1e300), (1e-300, -1e-300)]
)
def test_turns(function: Callable[..., Any], values: tuple[float, float]) -> None:
    agree_compiled(function, *(lambda n=n: (np.array(values), n) for n in (1, 0, 2, 3, 40, 700)))


def test_numbers_of_numpy_alone_in_the_loop() -> None:
    typed = plan_for(escape, np.zeros(2), 5).root
    inner = [
        state["x"][0]
        for name, state in typed.entry_states.items()
        if "x" in state and name.startswith("body") and "first" not in name
    ]
    assert inner and not any(isinstance(kind, Union) for kind in inner)


def test_loops_over_what_becomes_a_view_on_the_way() -> None:
    def f(p, n):
        s = 0
        for i in range(n):
            for x, y in zip(p, p[::-1]):
                s += x / 3
                v = y / 3
            p[i] *= 5
            for j in range(i):
                v += j
                p = p[::-1]
        return s, v

    agree_compiled(f, *(lambda n=n: (np.arange(8), n) for n in (1, 4, 7)))
