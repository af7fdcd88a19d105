"""`relaxed` and `inline`: what they allow the compiler, and what stays exact all the same."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from accel import fn
from tests.differential.counters import require_compiled


def total(a, b):
    t = 0.0
    for i in range(len(a)):
        t += a[i] * b[i] / 3.0
    return t


def compiled(function, **options):
    made = fn(strict=True, cache=False, **options)(type(function)(function.__code__, function.__globals__, function.__name__))
    return made


def test_relaxed_sums_are_near() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.random(1000), rng.random(1000)
    made, exact = compiled(total, relaxed=True), compiled(total)
    assert exact(a, b) == total(a, b)
    assert math.isclose(made(a, b), total(a, b), rel_tol=1e-12) and type(made(a, b)) is np.float64
    assert "fmul reassoc contract" in made.accel.llvm() and "fmul reassoc contract" not in exact.accel.llvm()
    for special in (np.inf, np.nan):
        a[500] = special
        with np.errstate(all="ignore"):
            assert str(made(a, b)) == str(total(a, b))


def numbers(i, x, y):
    return i * i + 7, i // 3, i / 7, x / y, x // y, x % y, int(x), x < y, x * 2


def test_relaxed_leaves_the_rest_exact() -> None:
    made = compiled(numbers, relaxed=True)
    for row in ((3, 7.5, 2.0), (2**62, 1e300, -3.0), (-5, float("inf"), 2.0), (1, -0.0, 5.0)):
        try:
            want = repr(numbers(*row))
        except OverflowError as error:
            with pytest.raises(OverflowError, match=str(error)):
                made(*row)
        else:
            assert repr(made(*row)) == want
    with pytest.raises(ZeroDivisionError):
        made(1, 1.0, 0.0)
    require_compiled(made)


def halved(x):
    return x * 0.5


def calls(x):
    return halved(x) + halved(x + 1)


def test_inline_keeps_or_drops_calls() -> None:
    kept, dropped = compiled(calls, inline=False), compiled(calls)
    assert kept(3.0) == dropped(3.0) == calls(3.0)
    assert any("noinline" in line for line in kept.accel.llvm().splitlines() if '@"halved' in line)
    assert re.search(r'call .*@"?halved', kept.accel.llvm(optimised=True))
    assert not re.search(r'call .*@"?halved', dropped.accel.llvm(optimised=True))
