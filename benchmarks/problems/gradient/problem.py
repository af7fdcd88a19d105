"""This module times the derivative of a function by `grad` against the function itself, both in a loop over points in compiled code."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness.check import check, require_compiled
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Case, Problem, Row, Settings, make_rows


def make_points(size: int) -> tuple[Any, ...]:
    """Points where all of the functions have derivatives."""
    return (np.linspace(0.1, 2.0, size),)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each function."""
    rows: list[Row] = []
    for case, how in problem.cases.items():
        arguments = how.make(how.size(settings))
        calls: dict[str, Callable[[], Any]] = {}
        faults: dict[str, str] = {}
        for name in problem.implementations:
            try:
                called = load(problem, name, case)
                check_answer(problem, name, case, called, how.make(how.small))
                calls[name] = bind(called, arguments)
            except Exception as error:
                faults[name] = describe_fault(error)
        rows += make_rows(problem, case, interleave(calls, rounds=4 * settings.rounds), faults)
    return rows


def bind(called: Callable[..., Any], arguments: tuple[Any, ...]) -> Callable[[], Any]:
    """A call with these arguments."""
    return lambda: called(*arguments)


def check_answer(problem: Problem, name: str, case: str, called: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Raise unless the third call gives what CPython gives: the function's values to the last bit, a derivative to 1e-9 of the one written by hand."""
    wanted = case if name == "plain" else f"slope_of_{case}"
    want = load(problem, "python", "over")(load(problem, "python", wanted))(*arguments)
    got = [called(*arguments) for _ in range(3)][-1]
    check((got, ()), (want, ()), loose=name != "plain", types=name == "plain")
    require_compiled(called)


GRADIENT = Problem(
    name="gradient",
    group="gradient",
    implementations=("plain", "accel"),
    measure=measure,
    cases={
        name: Case(make_points, small=50, full=20_000) for name in ("curve", "rational", "polynomial", "branches", "logistic")
    },
    baseline="plain",
)
