"""Rows that are looked at together: values, what is stored before an error, and the error are those of CPython."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import accel
from accel.types import SIMD, Float64, Int64
from tests.specialize.plans import instructions, plan_for

V = SIMD[Float64, 4]
W = SIMD[Int64, 4]
LARGE = 2**41


def several(a, b, i, wide):
    x = V.load(a, i) + V.load(a, i + wide) * V.load(a, i + 2 * wide)
    y = V.load(a, i + 3 * wide)
    x.store(b, i)
    (x - y).store(b, i + wide)
    y.store(b, i + 2 * wide)
    return x


def renamed(a, b, i, wide):
    x = V.load(a, i + wide)
    first = i + 2 * wide
    i = i - 3
    y = V.load(a, i + wide) + V.load(a, first)
    wide = wide + 1
    z = V.load(a, i + wide) + V.load(a, first + wide)
    a = b
    return x + y * z - V.load(a, i) * V.load(a, i + wide) * V.load(a, i + 2 * wide)


def with_prefetch(a, b, i, wide):
    total = V(0.0)
    for k in range(3):
        V.prefetch(a, i + 5 * wide + k)
        V.prefetch(a, i + 6 * wide + k)
        total += V.load(a, i + k) + V.load(a, i + wide + k) + V.load(a, i + 2 * wide + k)
        total.store(b, i + k * wide)
    return total


def numbers_of_numbers(a, b, i, wide):
    j = int(b[i])
    x = V.load(a, j) + V.load(a, j + wide)
    j = int(b[i + 1])
    y = V.load(a, j) + V.load(a, j + wide) + V.load(a, j + 2 * wide)
    return x * y


def maybe(a, b, i, wide):
    if wide > 1:
        k = 2
    x = V.load(a, i)
    y = V.load(a, i + k) + V.load(a, i + 2 * k) + V.load(a, i + 3 * k)
    del k
    return x + y


def mixed(a, b, i, wide):
    x = V.load(a, i + wide)
    b[i] = 7.0
    y = V.load(b, i) + V.load(b, i + wide)
    b[i + 100] = 8.0
    return x + y + V.load(a, i + 3 * wide)


def outcome(function: Callable[..., Any], size: int, i: int, wide: int) -> tuple[Any, ...]:
    """What a call gives or raises, and where; what is in the arrays afterwards."""
    a, b = np.arange(size, dtype=float) ** 2 % 17, np.arange(size, dtype=float) % 7
    try:
        given: Any = str(function(a, b, i, wide))
    except Exception as error:
        given = type(error), str(error), [(f.lineno, f.name) for f in traceback.extract_tb(error.__traceback__)[1:2]]
    return given, a.tolist(), b.tolist()


PLACES = [(0, 1), (0, 4), (3, 5), (30, 2), (3, -1), (12, -4), (-1, 2), (-4, 4), (0, 12), (25, 5), (28, 1), (LARGE, -LARGE), (2**62, 2**62), (-(2**63), 1), (5, 2**61), (0, 0)]


@pytest.mark.parametrize("function", [several, renamed, with_prefetch, numbers_of_numbers, maybe, mixed])
def test_the_same_as_in_cpython(function: Callable[..., Any]) -> None:
    compiled = accel.fn(strict=True)(function)
    failed = 0
    for size in (140, 40, 7):
        for i, wide in PLACES:
            want = outcome(function, size, i, wide)
            failed += isinstance(want[0], tuple)
            assert outcome(compiled, size, i, wide) == want, (size, i, wide)
    assert 0 < failed < 3 * len(PLACES)
    assert compiled.accel.compiled


def test_one_look_for_all_rows() -> None:
    a = np.zeros(40)
    root = plan_for(several, a, a, 0, 4).root
    looks = instructions(root, "rows_within")
    assert [str(look.detail).partition(",")[0] for look in looks] == ["4 subscripts"]  # the first and the last of `a`, and of `b`
    assert all(i.is_sure for i in instructions(root, "call") if root.calls[id(i)].name in ("simd.load", "simd.store"))
    assert len(instructions(root, "strip_affine")) == 8


def test_few_rows_are_looked_at_one_by_one() -> None:
    def one(a: np.ndarray, i: int) -> Any:
        return V.load(a, i) + 1.0

    assert not instructions(plan_for(one, np.zeros(9), 0).root, "rows_within")


def test_names_that_are_set_between_rows() -> None:
    a = np.zeros(40)
    looks = instructions(plan_for(renamed, a, a, 9, 2).root, "rows_within")
    assert len(looks) > 1
    assert all("wide" not in look.arguments or "i" in look.arguments for look in looks)
