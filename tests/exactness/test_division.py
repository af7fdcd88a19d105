"""Floor division, modulo and true division have Python's signs, zeros and errors."""

from __future__ import annotations

import itertools

import numpy as np

from tests.exactness.agreement import agree, agree_compiled

INTS = (0, 1, -1, 2, -2, 3, 7, -7, 10, 2**53 + 1, 2**62, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-310, 1e308, -1e308, float("inf"), float("-inf"), float("nan"), 0.1)


def divide(a, b):
    return a / b


def floor(a, b):
    return a // b


def modulo(a, b):
    return a % b


def both(a, b):
    return divmod(a, b)


def test_ints() -> None:
    for function in (divide, floor, modulo, both):
        agree_compiled(function, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(INTS, INTS)))


def test_floats() -> None:
    for function in (divide, floor, modulo, both):
        agree_compiled(function, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(FLOATS, FLOATS)))


def test_ints_and_floats() -> None:
    for function in (divide, floor, modulo, both):
        pairs = [*itertools.product(INTS, FLOATS), *itertools.product(FLOATS, INTS)]
        agree_compiled(function, *(lambda a=a, b=b: (a, b) for a, b in pairs))


def test_numpy_scalars() -> None:
    values = [np.int64(7), np.int64(-7), np.int64(0), np.int64(-(2**63)), np.int64(-1), np.float64(0.0), np.float64(-2.5), np.uint8(0), np.int32(5)]
    values += [np.float32(0.1), np.True_]
    for function in (divide, floor, modulo, both):
        pairs = [*itertools.product(values, values), *itertools.product(values, (0, 2, -3, 0.0, 1.5, True))]
        agree(function, *(lambda a=a, b=b: (a, b) for a, b in pairs))


def by_constants(a):
    return a // 8, a % 8, a // -3, a % -3, a / 4, a // 1, a % 1, a // -1, 1 // (a or 5)


def test_constant_divisors() -> None:
    agree_compiled(by_constants, *(lambda a=a: (a,) for a in (*INTS, *FLOATS)))


def big(a, b):
    return a / b, a // b


def test_quotients_of_big_ints_round_once() -> None:
    rows = [(2**63 - 1, 2**53 + 1), (2**62 + 1, 3), (10**400, 10**399), (10**400, 3), (2**2000, 2**990), (-(2**63), -1), (2**64, 2**63)]
    agree(big, *(lambda row=row: row for row in rows))


def inside_a_loop(n, x):
    s = 0.0
    for i in range(n):
        s += 10 / (i - x)
    return s


def test_the_error_comes_in_the_turn_where_it_belongs() -> None:
    agree_compiled(inside_a_loop, lambda: (5, 7), lambda: (5, 3), lambda: (5, 2.5), lambda: (0, 0), lambda: (3, 0))
