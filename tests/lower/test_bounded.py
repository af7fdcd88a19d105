"""Functions whose results are bounded as their arguments are: in lanes nobody asks for flags, and what NumPy warns about is told all the same."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel import vectorize
from accel.lower import bounded, elements
from accel.lower.bounded import LIMITS, are_bounded
from accel.lower.regions import Regions
from accel.lower.ssa import read_function


def escape(cr, ci, limit):
    x = y = 0.0
    n = 0
    while n < limit and x * x + y * y <= 4.0:
        x, y = x * x - y * y + cr, 2.0 * x * y + ci
        n += 1
    return n


def burning_ship(cr, ci, limit):
    x, y, n = cr, ci, 0
    while not (limit <= n or abs(x) + abs(y) > 8.0):
        x, y, n = x * x - y * y + cr, abs(2.0 * x * y) - ci * 0.5, n + 1
    return x - y if n > 3 else x + n


def decaying(cr, ci, limit):
    x = cr
    for _ in range(20):
        if x * x < 9.0:
            x = x * 0.5 + ci
        else:
            x = ci / 4.0 - 1.0
        if limit > 50.0:
            break
    return x * x


def drifting(cr, ci, limit):
    n = 0
    while n < limit and cr < 1e3:
        cr = cr + ci * ci
        n += 1
    return cr


def unnatural(cr, ci, limit):
    n = 0
    while n < limit and cr - ci <= 4.0:
        cr, n = cr * cr - 1.5, n + 1
    return cr


BOUNDED, UNBOUNDED = [escape, burning_ship, decaying], [drifting, unnatural]


def told_by(call: Callable[[], Any]) -> tuple[Any, list[str]]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        result = call()
    return result, [str(w.message) for w in told]


@pytest.mark.parametrize("function", BOUNDED + UNBOUNDED)
@pytest.mark.parametrize("char", "df")
def test_results_and_warnings_are_those_of_the_loop(function: Callable[..., Any], char: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = []
    monkeypatch.setattr(elements, "are_bounded", lambda regions: verdicts.append(are_bounded(regions)) or verdicts[-1])
    made = vectorize(cache=False)(types.FunctionType(function.__code__, function.__globals__, function.__name__))
    rng, limit = np.random.default_rng(8), LIMITS["double" if char == "d" else "float"]
    largest = float(np.finfo(char).max)
    usual = [rng.uniform(-2.5, 2.5, 203), rng.uniform(-2, 2, 203)]
    for places, values in (([], []), ([100], [limit]), ([3, 90], [limit * 1.5, np.nan]), ([7, 7, 150], [np.inf, -np.inf, largest]), ([0, 202], [largest, -largest])):
        for k in (0, 1):
            operands = [part.copy() for part in usual]
            operands[k][places] = values
            a, b = (part.astype(char) for part in operands)
            for steps in (np.dtype(char).type(30), np.dtype(char).type(np.inf) if function is escape and not places else np.dtype(char).type(7.5)):
                if np.isinf(steps):
                    a, b = np.full(203, 2.0, char), b
                got, told = told_by(lambda a=a, b=b, steps=steps: made(a, b, steps))
                want, expected = told_by(lambda a=a, b=b, steps=steps: [function(x, y, steps) for x, y in zip(a, b, strict=True)])
                assert np.array_equal(got, np.array(want, got.dtype), equal_nan=True)
                assert told == expected
    assert "lanes at a time" in made.accel.explain()
    assert verdicts and all(v == (function in BOUNDED) for v in verdicts)


def lane(body: str) -> Regions:
    """A function of one number, as LLVM text."""
    text = f"define {{ double }} @lane(double %a0) {{\nentry:\n{body}\n}}"
    return Regions(read_function(text, "lane"), frozenset())


NOTE = "  call void @lane.note.f64(double %r)"
END = "  %v = insertvalue { double } poison, double %r, 0\n  ret { double } %v"


@pytest.mark.parametrize(
    ("operation", "holds"),
    [
        ("fadd double %a0, 1.0", True), ("fmul double %a0, %a0", True), ("fmul double %a0, 0x7E37E43C8800759C", False), ("fdiv double %a0, 2.0", True),
        ("fdiv double %a0, 0.0", False), ("fdiv double 1.0, %a0", False), ("fneg double %a0", True), ("frem double %a0, 2.0", False),
        ("fadd double %a0, 0x7FF0000000000000", False), ("fadd double %a0, 0x7FF8000000000000", False), ("call double @llvm.fabs.f64(double %a0)", True),
        ("call double @libm.exp(double %a0)", False),
    ],
)  # fmt: skip
def test_operations(operation: str, holds: bool) -> None:
    assert are_bounded(lane(f"  %r = {operation}\n{NOTE}\n{END}")) is holds


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("fcmp ole double %s, 4.0", True), ("fcmp olt double %s, 4.0", True), ("fcmp ule double %s, 4.0", True), ("fcmp oge double 4.0, %s", True),
        ("fcmp ogt double %s, 4.0", False), ("fcmp ult double %s, 4.0", True), ("fcmp ole double %x, 4.0", False), ("fcmp ole double %s, %a0", False), ("fcmp ord double %s, 0.0", False),
    ],
)  # fmt: skip
def test_conditions_of_a_loop(condition: str, holds: bool) -> None:
    text = f"""  br label %head
head:
  %x = phi double [ 0.0, %entry ], [ %r, %body ]
  %s = fmul double %x, %x
  %c = {condition}
  br i1 %c, label %body, label %out
body:
  %r = fadd double %s, %a0
{NOTE}
  br label %head
out:
  %v = insertvalue {{ double }} poison, double %x, 0
  ret {{ double }} %v"""
    assert are_bounded(lane(text)) is holds


def test_a_condition_says_nothing_on_the_other_side() -> None:
    text = f"""  %s = fmul double %a0, %a0
  %c = fcmp ole double %s, 4.0
  br i1 %c, label %near, label %far
near:
  br label %join
far:
  %r = fmul double %s, %s
{NOTE}
  br label %join
join:
  %v = insertvalue {{ double }} poison, double %s, 0
  ret {{ double }} %v"""
    assert not are_bounded(lane(text))
    assert are_bounded(lane(text.replace("label %near, label %far", "label %far, label %near")))


def test_growth_is_given_up_after_some_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"""  br label %head
head:
  %x = phi double [ 1.0, %entry ], [ %r, %head ]
  %r = fadd double %x, 1.0
{NOTE}
  %c = fcmp olt double %r, %a0
  br i1 %c, label %head, label %out
out:
{END}"""
    assert not are_bounded(lane(text))
    monkeypatch.setattr(bounded, "_ROUNDS", 3)
    assert not are_bounded(lane(text))
