"""Loops whose subscripts are looked at a strip ahead give what CPython gives, wherever a subscript is out of range or an element changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel.analysis.facts import find_facts
from accel.analysis.parse import parse_function
from accel.ir import Signature
from accel.specialize.infer import plan_function
from accel.types.kinds import Array, Kind
from tests.exactness.agreement import agree_compiled
from tests.specialize.test_nests import rows


def gather(index, x, out):
    for i in range(len(index)):
        out[i] = x[index[i]]


def scatter(index, x, out):
    for i in range(len(index)):
        out[index[i]] = x[i]


def histogram(index, x, out):
    for i in range(len(index)):
        out[index[i]] += 1


def conditional(index, x, out):
    for i in range(len(index)):
        if index[i] >= 0:
            out[index[i]] += x[i]
        elif index[i] == -7:
            break
    return i


def caught(index, x, out):
    n = 0
    for i in range(len(index)):
        try:
            out[index[i]] += 1
        except IndexError:
            n += i
    return n


def rebound(index, x, out):
    k = -1
    for i in range(len(index)):
        k = index[i]
        out[k] += 1
        k = index[len(index) - 1 - i]
        out[k] -= 2
    return k


def carried(index, x, out):
    k = 0
    for i in range(len(index)):
        out[i] = k
        k = index[k]
    return k


FUNCTIONS = [gather, scatter, histogram, conditional, caught, rebound, carried]


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 100])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_subscripts_of_every_sign(function: Callable[..., Any], length: int) -> None:
    def make(place: int, value: int, char: str = "l") -> tuple[Any, ...]:
        rng = np.random.default_rng(length)
        index = rng.integers(0, 20, length)
        if place < length:
            index[place] = value
        return index.astype(char), rng.random(max(length, 20)), np.zeros(max(length, 20))

    places = [(0, 0), (5, -3), (40, -7), (70, 20), (70, 200), (31, -200)]
    agree_compiled(function, *(lambda p=p, v=v: make(p, v) for p, v in places), *(lambda c=c: make(0, 0, c) for c in "bHLi"))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_arrays_that_share_memory(function: Callable[..., Any]) -> None:
    def shared(start: int, turn: int) -> tuple[Any, ...]:
        index = np.arange(200) % 64
        return index[:100], index[start : start + 100], index[start : start + 100][::turn]

    agree_compiled(function, *(lambda s=s, t=t: shared(s, t) for s in (0, 1, 50, 100) for t in (1, -1)))


def test_own_elements() -> None:
    def chain(a):
        for i in range(len(a)):
            a[a[i]] = a[i] + 1
        return a

    agree_compiled(chain, lambda: (np.arange(100)[::-1].copy(),), lambda: (np.arange(100),), lambda: (np.zeros(70, int),))


def test_subscripts_of_subscripts_and_of_several_axes() -> None:
    def twice(p, q, x, out):
        for i in range(len(p)):
            out[i] = x[q[p[i]]]
        return out

    def plane(p, q, h):
        for i in range(len(p)):
            h[p[i], q[i] - 1] += 1.5
        return h

    rng = np.random.default_rng(0)
    p, q = rng.integers(0, 40, 100), rng.integers(0, 20, 40)
    wrong = np.where(np.arange(40) == 7, 99, q)
    agree_compiled(twice, *(lambda q=q: (p, q, np.arange(20.0), np.zeros(100)) for q in (q, wrong)))
    for order in ("C", "F"):
        agree_compiled(plane, *(lambda n=n: (p, p[::-1], np.zeros((n, 39), order=order)) for n in (40, 39, 5)))


def test_subscripts_made_of_floats() -> None:
    def bins(x, low, width, out):
        for i in range(len(x)):
            k = int((x[i] - low) / width)
            out[k] += 1
        return out

    def make(value: float, width: float = 0.1) -> tuple[Any, ...]:
        x = np.random.default_rng(1).random(90)
        x[50] = value
        return x, 0.0, width, np.zeros(10, np.int16)

    values = (0.5, -0.05, -0.5, 1.0, 1e300, 1e17, np.inf, -np.inf, np.nan, 5e-324)
    agree_compiled(bins, *(lambda v=v: make(v) for v in values), lambda: make(0.5, 0.0), lambda: make(0.5, 5e-324))


def test_what_fails_in_the_middle_of_a_strip() -> None:
    agree_compiled(histogram, *(lambda t=t, n=n: (np.arange(100) % 3, 0, np.full(3, n, t))
                                for t, n in (("b", 120), ("B", 250), ("l", 2**63 - 20), ("d", np.inf), ("e", 65504.0))))  # fmt: skip


def test_sparse_product() -> None:
    def make(value: float, at: int, column: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(2)
        start = np.array([0, 0, 5, 40, 41, 120])
        columns, x = rng.integers(0, 9, 120), rng.random(9)
        x[4], columns[at] = value, column
        return start, columns, rng.random(120), x, np.zeros(5)

    agree_compiled(
        rows, *(lambda v=v, a=a, c=c: make(v, a, c) for v in (0.5, np.inf, 1e308) for a, c in ((0, 0), (100, 9), (60, -1)))
    )


# -- what is decided


def looked_at(function: Any, *kinds: Kind) -> int:
    plan = plan_function(function, Signature(kinds), lambda f: find_facts(parse_function(f)))
    return sum(i.op == "strip_inside" for i in plan.root.flow.instructions())


def test_what_is_looked_at() -> None:
    index, numbers, plane = Array("l", 1, "C"), Array("d", 1, "C"), Array("d", 2, "C")

    def through_call(index, x, out):
        for i in range(len(index)):
            out[int(x[i] * 2.0)] += abs(x[i])

    def written(index, x, out):
        for i in range(len(index)):
            index[i] = index[index[i]]

    def nested(index, x, out):
        for i in range(len(index)):
            for j in range(len(x)):
                out[index[i], index[j]] += x[j]

    def searched(index, x, out):
        for i in range(len(index)):
            k = 0
            while index[k] < i:
                k += 1
            out[index[i]] = x[k]

    assert looked_at(gather, index, numbers, numbers) == looked_at(histogram, index, numbers, index) == 1
    assert looked_at(rebound, index, numbers, numbers) == 2
    assert looked_at(through_call, index, numbers, numbers) == 1
    assert looked_at(nested, index, numbers, plane) == 2
    assert looked_at(carried, index, numbers, numbers) == looked_at(written, index, numbers, numbers) == 0
    assert looked_at(searched, index, numbers, numbers) == 0
