"""Python's ints are exact, whatever their size."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.exactness.agreement import agree, agree_compiled

EDGES = (0, 1, -1, 2, -3, 7, 63, 64, 2**31, -(2**31), 2**53 + 1, 2**62, -(2**62), 2**63 - 1, -(2**63), -(2**63) + 1)
BIG = (2**63, -(2**63) - 1, 2**64, 10**30, 10**400)


def add(a, b):
    return a + b


def subtract(a, b):
    return a - b


def multiply(a, b):
    return a * b


def bits(a, b):
    return a & b, a | b, a ^ b, ~a


def compare(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b, min(a, b), max(a, b)


def negate(a, b):
    return -a, +b, abs(a), not a, bool(b)


OPERATIONS = (add, subtract, multiply, bits, compare, negate)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda f: f.__name__)
def test_operations_on_edge_values(operation: Callable[..., Any]) -> None:
    agree_compiled(operation, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(EDGES, EDGES)))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda f: f.__name__)
def test_operations_on_ints_beyond_the_machine(operation: Callable[..., Any]) -> None:
    pairs = [*itertools.product(BIG, EDGES[:6]), *itertools.product(EDGES[:6], BIG), *zip(BIG, BIG, strict=True)]
    agree(operation, *(lambda a=a, b=b: (a, b) for a, b in pairs))


def shift(a, b):
    return a << b, a >> b


def test_shifts() -> None:
    agree_compiled(shift, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(EDGES, (0, 1, 5, 62, 63, 64, 65, 200, -1))))


def power(a, b):
    return a**b


def test_powers() -> None:
    small = (0, 1, -1, 2, -2, 3, 10, -10, 2**31, 2**62)
    agree_compiled(power, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(small, (0, 1, 2, 3, 19, 62, 63, 64, -1, -2))))


def factorial(n):
    result = 1
    for i in range(1, n + 1):
        result *= i
    return result


def test_a_product_outgrows_the_machine_half_way() -> None:
    agree_compiled(factorial, *(lambda n=n: (n,) for n in (0, 1, 20, 21, 25, 100)))


def total(n, start, step):
    for i in range(n):
        start += step
    return start, i


def test_a_sum_outgrows_the_machine_half_way() -> None:
    agree_compiled(total, lambda: (10, 0, 1), lambda: (10, 2**63 - 5, 1), lambda: (10, -(2**63) + 3, -1), lambda: (0, 1, 1))


def bools(a, b):
    return a + b, a * b, a & b, a ^ b, -a, ~int(a), a < b, a << 3, a / 2 if b else a // 1


def test_bools_are_ints() -> None:
    agree_compiled(bools, *(lambda a=a, b=b: (a, b) for a in (True, False) for b in (True, False)))


def ranges(a, b, c):
    s = 0
    i = None
    for i in range(a, b, c):
        s += i
        if s > 10**6 or s < -(10**6):
            break
    return s, i


def test_ranges_at_the_edges() -> None:
    rows = [(0, 5, 1), (5, 0, -1), (0, 5, 0), (2**63 - 3, 2**63 - 1, 1), (-(2**63), -(2**63) + 5, 2), (-(2**63) + 3, -(2**63), -2)]
    rows += [(2**63 - 2, 2**64, 1), (0, 10**30, 10**29), (1, -5, 1), (2**63 - 3, 2**63 - 1, 2**62)]
    agree_compiled(ranges, *(lambda row=row: row for row in rows))


def of_text(a):
    return int(a) + 1


def test_conversions() -> None:
    agree(of_text, *(lambda a=a: (a,) for a in ("12", 3.9, -3.9, 1e19, True, b"5", "x", None, 2**70, [])))
