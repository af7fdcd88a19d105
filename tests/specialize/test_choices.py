"""Both sides of a small branch are computed: what the side not taken does must not be seen. Counters have no test: they must be ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accel.analysis.facts import find_facts
from accel.analysis.parse import parse_function
from accel.ir import Signature
from accel.specialize.infer import plan_function
from accel.types.kinds import Int
from tests.exactness.agreement import agree_compiled

EDGES = (0, 1, -1, 2, 3, 7, 2**31, 2**61, 2**62 - 1, 2**62, 2**63 - 1, -(2**63), 2**63 // 3, 2**63 // 3 + 1, -(2**63) // 3 - 1)


def collatz_step(k, n):
    k = k // 2 if k % 2 == 0 else 3 * k + 1
    return k


def both_overflow(k, n):
    return k * 5 + n if k > n else k - n * 7


def statements(k, n):
    if k > n:
        k = k + n
        n = 1
    else:
        n = n - k
    return k, n


def one_side(k, n):
    r = n
    if k < 0:
        r = -k
    return r


def floats(k, n):
    x = 0.5
    if k > n:
        x = x * 3.0
    y = x + 1.0 if k == n else x - 1.0
    return x, y


def other_kind(k, n):
    x = 0 if k > n else 0.5
    return x


def unbound(k, n):
    if k > n:
        z = k + 1
    return z


def bits(k, n):
    return (k & 255) << 3 if k >= n else (k >> 1) ^ n


def shifted(k, n):
    a = k << n if n < 60 else n
    return a, (n >> 1 if k > 0 else n << k)


def nested(k, n):
    return k + 1 if k > 5 else (n * 3 if n > k else k - 1)


def in_a_loop(k, n):
    s = 0
    for i in range(40):
        s = s + k if i % 3 == 0 else s - n * 2
        k = k + 1 if s > 0 else k - 1
    return s, k


CHOICES = [collatz_step, both_overflow, statements, one_side, floats, other_kind, unbound, bits, shifted, nested, in_a_loop]


@pytest.mark.parametrize("function", CHOICES, ids=lambda f: f.__name__)
def test_choices(function: Callable[..., Any]) -> None:
    agree_compiled(function, *(lambda k=k, n=n: (k, n) for k in EDGES for n in (0, 1, -3, 2**62, -(2**63))))


def operations(function: Any) -> list[str]:
    plan = plan_function(function, Signature((Int(), Int())), lambda f: find_facts(parse_function(f)))
    return [i.op for i in plan.root.flow.instructions()]


def test_a_choice_of_ints_has_no_branch() -> None:
    assert "branch" not in operations(collatz_step)
    assert operations(collatz_step).count("select") == 1


@pytest.mark.parametrize("function", [other_kind, unbound])
def test_sides_that_differ_keep_their_branch(function: Callable[..., Any]) -> None:
    assert "branch" in operations(function)


# -- counters


def counted(function: Any) -> int:
    plan = plan_function(function, Signature((Int(), Int())), lambda f: find_facts(parse_function(f)))
    return len(plan.root.counters)


def test_a_counter_is_not_tested() -> None:
    def f(k, n):
        i, m = 0, 1
        while i < n:
            i += 1
            m = m - 2 if m > 5 else m + 1
        return i, m

    assert counted(f) == 3
    agree_compiled(f, lambda: (0, 0), lambda: (0, 100))


def test_what_starts_anywhere_is_tested() -> None:
    def from_a_parameter(k, n):
        k += 1
        return k

    def from_another_name(k, n):
        i = n
        for _ in range(3):
            i += 1
        return i

    def by_large_steps(k, n):
        i = 0
        for _ in range(n):
            i += 2**62 - 1
        return i

    def that_doubles(k, n):
        i = 1
        for _ in range(n):
            i += i
        return i

    for function in (from_a_parameter, from_another_name, by_large_steps, that_doubles):
        assert counted(function) == 0
        agree_compiled(function, lambda: (2**63 - 1, 2), lambda: (2**63 - 2, 70))
    agree_compiled(from_another_name, lambda: (0, 2**63 - 2))
