"""Loops behind a gate, in strips, with tests joined, give what CPython gives: also where the gate is wrong to hope, and strips have to
be done again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from accel.analysis.facts import find_facts
from accel.analysis.parse import parse_function
from accel.ir import Signature
from accel.specialize.infer import plan_function
from accel.types.kinds import Array, Int, Kind
from tests.exactness.agreement import agree_compiled

LENGTHS = (0, 1, 7, 8, 9, 31, 32, 33, 40, 71, 104)


def axpy(a, x, y):
    for i in range(len(y)):
        y[i] = a * x[i] + y[i]
    return y


def shifted(a, x, y):
    for i in range(1, len(y) - 1):
        y[i] = a * x[i - 1] - x[i + 1]
    return y


def backwards(a, x, y):
    n = len(y)
    for i in range(n):
        y[n - 1 - i] = x[i] * a
    return y


def stepped(a, x, y):
    for i in range(0, len(y), 3):
        y[i] += a
    for i in range(len(y) - 1, -1, -2):
        y[i] -= x[i]
    return y


def recurrence(a, x, y):
    for i in range(1, len(y)):
        y[i] = y[i - 1] * 0.5 + x[i]
    return y


def neighbour(a, x, y):
    for i in range(len(y) - 1):
        y[i] = y[i + 1] + a
    return y


def wrapping(a, x, y):
    for i in range(len(y)):
        y[i] = x[i - 1] + x[-1]
    return y


def total(a, x, y):
    s = 0.0
    last = -1
    for i in range(len(x)):
        s += x[i] * y[i]
        last = i
    return s, last


def rebound(a, x, y):
    k = 0
    for i in range(len(y)):
        y[k] = x[i]
        k = i
    return y, k


def scaled_subscript(a, x, y):
    for i in range(len(y) // 2):
        j = 2 * i + 1
        y[j] = x[j - 1]
    return y


def big_name(a, x, y):
    big = 2**62
    s = 0
    for i in range(len(y)):
        y[i] = x[i] + float(i + big)
        s = i + big
    return y, s


LINES = [axpy, shifted, backwards, stepped, recurrence, neighbour, wrapping, total, rebound, scaled_subscript, big_name]


def vectors(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random(n), rng.random(n)


@pytest.mark.parametrize("function", LINES, ids=lambda f: f.__name__)
def test_every_length(function: Callable[..., Any]) -> None:
    agree_compiled(function, *(lambda n=n: (1.5, *vectors(n, n)) for n in LENGTHS))


@pytest.mark.parametrize("function", LINES, ids=lambda f: f.__name__)
def test_values_that_warn(function: Callable[..., Any]) -> None:
    def make(at: int, value: float) -> tuple[Any, ...]:
        x, y = vectors(80, at)
        x[at] = value
        y[at // 2] = value
        return (1e200, x, y)

    agree_compiled(
        function, *(lambda at=at, value=value: make(at, value) for at in (0, 33, 79) for value in (np.inf, np.nan, 1e300, -1e308))
    )


@pytest.mark.parametrize("function", LINES, ids=lambda f: f.__name__)
def test_arrays_that_share_memory(function: Callable[..., Any]) -> None:
    def same() -> tuple[Any, ...]:
        x, _ = vectors(70, 3)
        return 1.5, x, x

    def behind(by: int) -> tuple[Any, ...]:
        x, _ = vectors(90, 4)
        return 1.5, x[5:75], x[5 + by : 75 + by]

    def turned() -> tuple[Any, ...]:
        x, _ = vectors(70, 5)
        return 1.5, x, x[::-1]

    def strided(stride: int) -> tuple[Any, ...]:
        x, base = vectors(70, 6)
        return 1.5, x, as_strided(base, (60,), (stride,))

    agree_compiled(
        function,
        same,
        lambda: behind(1),
        lambda: behind(-1),
        lambda: behind(3),
        turned,
        *(lambda s=s: strided(s) for s in (0, 4, 8)),
    )


@pytest.mark.parametrize("char", "bHiqQefd")
@pytest.mark.parametrize("function", [axpy, shifted, stepped, total], ids=lambda f: f.__name__)
def test_every_dtype(function: Callable[..., Any], char: str) -> None:
    def make(n: int) -> tuple[Any, ...]:
        x, y = vectors(n, n)
        return np.dtype(char).type(3), (x * 200 - 50).astype(char), (y * 200).astype(char)

    agree_compiled(function, *(lambda n=n: make(n) for n in LENGTHS))


def test_subscripts_out_of_range_raise_where_cpython_does() -> None:
    def late(x, y):
        for i in range(len(x)):
            y[i] = x[i] + 1.0

    def triangle(a, n):
        s = 0.0
        for i in range(n):
            for j in range(i + 1):
                s += a[i - j, j]
        return s

    agree_compiled(late, lambda: (np.arange(70.0), np.zeros(50)), lambda: (np.arange(50.0), np.zeros(70)))
    agree_compiled(triangle, *(lambda n=n: (np.arange(81.0).reshape(9, 9), n) for n in (0, 1, 5, 9, 12)))


# -- nests


def matmul(a, b, c):
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                c[i, j] += a[i, k] * b[k, j]
    return c


def blur(a, b, c):
    for i in range(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            c[i, j] = 0.2 * (a[i, j] + a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])
    return c


def sweep(a, b, c):
    for i in range(1, c.shape[0]):
        for j in range(c.shape[1]):
            c[i, j] = c[i - 1, j] * 0.5 + a[i, j]
    return c


def transposed(a, b, c):
    for i in range(c.shape[0]):
        for j in range(i):
            c[i, j] = c[j, i]
    return c


def early(a, b, c):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] > 0.9:
                break
            c[i, j] = b[i, j]
        else:
            c[i, 0] = -1.0
    return c


def guarded(a, b, c):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if i > 0:
                c[i, j] = a[i - 1, j]
    return c


def cyclic(a, b, c):
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[i, j] = a[i, j - 1] - b[-1, j]
    return c


def edges(a, b, c):
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[-1, j] = a[i, -1] * 0.5 + b[-2 + 1, j]
            if a[i, j] > 0.5:
                c[i, -1] += b[i, j]
    for i in range(1, c.shape[1]):
        c[-1, i] -= a[0, i]
    for i in range(c.shape[0]):
        c[i, -2] *= 0.5
    return c


NESTS = [cyclic, edges, matmul, blur, sweep, transposed, early, guarded]


@pytest.mark.parametrize("function", NESTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("layout", ["C", "F", "turned", "same"])
def test_nests(function: Callable[..., Any], layout: str) -> None:
    def make(n: int, value: float) -> tuple[Any, ...]:
        rng = np.random.default_rng(n)
        found = [rng.random((n, n)) for _ in range(3)]
        if n:
            found[0][n // 2, n // 3] = value
        if layout == "F":
            found = [np.asfortranarray(a) for a in found]
        if layout == "turned":
            found = [a[::-1, ::-1] for a in found]
        if layout == "same":
            found = [found[0]] * 3
        return tuple(found)

    agree_compiled(function, *(lambda n=n, v=v: make(n, v) for n in (0, 1, 2, 11, 36) for v in (0.5, np.inf, 1e308)))


def rows(indptr, columns, data, x, y):
    for i in range(len(y)):
        s = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            s += data[k] * x[columns[k]]
        y[i] = s
    return y


def test_what_is_not_reached_has_no_part() -> None:
    def f(m, i, k):
        for i in range(i, k, 2):
            s += m[i, 2 * i]  # noqa: F821, F841  never bound before
        return s

    agree_compiled(f, lambda: (np.ones((4, 4)), 0, 2), lambda: (np.ones((4, 4)), 2, 2))


def test_inner_loops_whose_bounds_are_data() -> None:
    def make(change: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(1)
        indptr = np.cumsum(rng.integers(0, 60, 21))
        indptr[0] = 0
        n = int(indptr[-1])
        columns = rng.integers(0, 30, n)
        columns[n // 2] += change
        return indptr, columns, rng.random(n), rng.random(30), np.zeros(20)

    agree_compiled(rows, lambda: make(0), lambda: make(-30), lambda: make(100))


# -- runs


def bodies(p, v, m, dt):
    n = m.shape[0]
    for i in range(n):
        for j in range(i + 1, n):
            dx = p[i, 0] - p[j, 0]
            dy = p[i, 1] - p[j, 1]
            d2 = dx * dx + dy * dy
            mag = dt / (d2 * math.sqrt(d2))
            v[i, 0] -= dx * m[j] * mag
            v[i, 1] -= dy * m[j] * mag
            v[j, 0] += dx * m[i] * mag
            v[j, 1] += dy * m[i] * mag
    for i in range(n):
        for k in range(2):
            p[i, k] += dt * v[i, k]
    return p, v


@pytest.mark.parametrize("value", [0.5, np.inf, -np.inf, np.nan, 1e200, 1e-200, 0.0])
def test_joined_tests(value: float) -> None:
    def make(where: int, at: tuple[int, ...]) -> tuple[Any, ...]:
        rng = np.random.default_rng(2)
        found = [rng.random((6, 2)), rng.random((6, 2)), rng.random(6)]
        found[where][at] = value
        return (*found, 0.01)

    def crashed() -> tuple[Any, ...]:
        p, v, m, dt = make(0, (2, 1))
        p[4] = p[1]  # two at the same place: a division by zero
        return p, v, m, dt

    def one() -> tuple[Any, ...]:
        p, _, m, dt = make(0, (2, 1))
        return p, p, m, dt  # velocities that are the positions

    agree_compiled(bodies, lambda: make(0, (2, 1)), lambda: make(1, (0, 0)), lambda: make(2, (3,)), crashed, one)


def test_statements_of_a_finally_body_that_fail_keep_what_is_returned() -> None:
    def f(x, y):
        for k in range(3):
            try:
                if x[k] > 0.5:
                    return x[k]
            finally:
                p = x[k] * y[k] + y[k]
                q = p * p - y[k] * y[k]
                y[k] = q + p
        return p

    agree_compiled(
        f, lambda: (np.array([0.1, 0.7, 0.2]), np.array([1.0, 1e200, 2.0])), lambda: (np.zeros(3), np.array([1e200, 1.0, np.inf]))
    )


def test_a_name_needed_as_it_was_ends_a_run() -> None:
    def f(x, y):
        s = x[0]
        for k in range(len(x)):
            t = (s := s + x[k]) * y[k]
            u = t * t + s
            s = u - t
            y[k] = s
        return s, t, u

    agree_compiled(f, lambda: (np.full(9, 1.1), np.full(9, 0.3)), lambda: (np.full(9, 1e100), np.full(9, 1e90)))


def scaled(a, x, y):
    for i in range(len(y)):
        y[i] = x[i] * a
        x[i] = y[i] if False else x[i] - y[i] * 0.5
    return x, y


def two_stores(a, x, y):
    for i in range(len(y)):
        t = x[i] * a
        y[i] = t + 1.0
        x[i] = t - y[0] if i < 0 else t - a
    return x, y


@pytest.mark.parametrize("function", [scaled, two_stores, axpy], ids=lambda f: f.__name__)
@pytest.mark.parametrize("char", "fd")
def test_what_is_stored_is_tested(function: Callable[..., Any], char: str) -> None:
    def make(n: int, at: int, value: float) -> tuple[Any, ...]:
        x, y = (v.astype(char) for v in vectors(n, n))
        x[at] = value
        return np.dtype(char).type(3e38 if char == "f" else 1.7e308), x, y

    agree_compiled(
        function,
        *(lambda n=n, at=at, v=v: make(n, at, v) for n in (8, 16, 40, 71) for at in (0, 7, n - 1) for v in (0.5, 2.0, np.inf)),
    )


# -- loops written out


def small(p, v, n):
    for i in range(n):
        for k in range(3):
            p[i, k] += v[i, k] * 2.0
    return p


def small_sum(p, v, n):
    s = 0.0
    for i in range(n):
        for k in range(2, -1, -1):
            s += v[i, k]
            p[i, 0] += v[i, k] * v[0, 0]
        for k in range(0):
            s = k
    return s, k, p


def small_ints(p, v, n):
    for i in range(n):
        for k in range(3):
            p[i, k] = v[i, k] * 3 + k
            p[i, 2 - k] -= p[i, k] / 7
    return p, k


@pytest.mark.parametrize("function", [small, small_sum, small_ints], ids=lambda f: f.__name__)
@pytest.mark.parametrize("value", [0.5, np.inf, np.nan, 1e308, -1e308])
def test_loops_of_a_few_turns(function: Callable[..., Any], value: float) -> None:
    def make(char: str, at: tuple[int, int], where: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(5)
        found = [(rng.random((4, 3)) * 9).astype(char) for _ in range(2)]
        if char == "d":
            found[where][at] = value
        return (*found, 4)

    def same() -> tuple[Any, ...]:
        p, _, n = make("d", (1, 1), 0)
        return p, p[:, ::-1], n

    agree_compiled(
        function,
        *(lambda at=at, where=where: make("d", at, where) for at in ((0, 0), (1, 2), (3, 1)) for where in (0, 1)),
        same,
        lambda: make("d", (0, 0), 0)[:2] + (5,),
        lambda: make("i", (0, 0), 0),
    )


# -- elements that stay the same


def sums_of_rows(a, s):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s[i] += a[i, j]
    return s


def two_of_a_row(a, s):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s[i] = s[i] * 0.5 + a[i, j]
            a[i, j] = s[i]
            s[-1 - i] -= a[i, j]
    return s


def one_for_all(a, s):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s[0] += a[i, j]
            s[1] = s[0] - s[1]
    return s


def product(a, s):
    for i in range(a.shape[0]):
        for j in range(a.shape[0]):
            s[i] = 0
            for k in range(a.shape[1]):
                s[i] += a[i, k] * a[j, k]
    return s


@pytest.mark.parametrize("char", "dfiqbF")
@pytest.mark.parametrize("function", [sums_of_rows, two_of_a_row, one_for_all, product])
def test_elements_that_all_turns_read_and_write(function: Callable[..., Any], char: str) -> None:
    def make(turns: int, extreme: float | None = None) -> tuple[Any, Any]:
        a = (np.random.default_rng(turns).normal(size=(5, turns)) * 50).astype(char)
        if extreme is not None:
            a[3, turns // 2 :] = extreme
        return a, np.arange(5).astype(char)

    def within(turns: int) -> tuple[Any, Any]:
        a, _ = make(turns)
        return a, a[:, 1]

    makers = [lambda n=n: make(n) for n in (1, 7, 8, 33, 40, 71)] + [lambda: within(40), lambda: (within(40)[0], np.zeros(3, char))]
    makers += [lambda: make(70, 100.0 if char in "b" else 1e30 if char in "dfF" else 2.0e9), lambda: make(70, np.inf if char in "dfF" else 1)]
    agree_compiled(function, *makers)


# -- what is decided


def gates_of(function: Any, *kinds: Kind) -> list[str]:
    plan = plan_function(function, Signature(kinds), lambda f: find_facts(parse_function(f)))
    return [str(i.detail) for i in plan.root.flow.instructions() if i.op == "gate"]


def array(ndim: int, char: str = "d") -> Array:
    return Array(char, ndim, "C", True)


def test_one_gate_in_front_of_a_nest() -> None:
    assert gates_of(matmul, array(2), array(2), array(2)) == ["6 subscripts, 2 pairs apart"]


def test_loops_over_data_have_a_gate_of_their_own() -> None:
    assert len(gates_of(rows, array(1, "q"), array(1, "q"), array(1), array(1), array(1))) == 2


def test_no_gate_for_what_is_not_sure_to_be_done() -> None:
    def f(a, n):
        s = 0.0
        for i in range(n):
            if i > 0:
                s += a[i - 1]
        return s

    assert gates_of(f, array(1), Int()) == []
