"""This module measures problems made of functions: load, check against CPython, time in turns."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from benchmarks.harness.apart import Apart
from benchmarks.harness.check import check, require_compiled, run_fresh
from benchmarks.harness.load import Load, describe_fault, load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

BY_SIZE = "by size"


def measure_kernels(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of every case; an implementation that is missing, broken or wrong gives a row with its fault.

    Other sizes of a case are a group of their own, of which nothing is promised; CPython is left out there.
    """
    rows: list[Row] = []
    for case, how in problem.cases.items():
        size = how.size(settings)
        rows += measure_case(problem, settings, case, size)
        if settings.sizes:
            timed = tuple(name for name in problem.implementations if name != "python")
            others = dataclasses.replace(problem, group=BY_SIZE, implementations=timed)
            for other in how.sizes:
                rows += [] if other == size else measure_case(others, settings, case, other)
    return rows


def measure_case(problem: Problem, settings: Settings, case: str, size: int) -> list[Row]:
    """Rows of one case at one size."""
    how = problem.cases[case]
    arguments = how.make(size)
    firsts: dict[str, float] = {}
    functions, faults = load_checked(problem, case, arguments, firsts)
    calls = {name: bind(function, arguments) for name, function in functions.items()}
    times = interleave(calls, rounds=settings.rounds, faults=faults)
    if problem.group == BY_SIZE:  # where everything is compiled already
        case, firsts = f"{case} {size:,}", {}
    figures = {name: how.describe(size) | ({"first_ns": firsts[name]} if name in firsts else {}) for name in functions}
    return make_rows(problem, case, times, faults, figures)


def load_checked(
    problem: Problem, case: str, arguments: tuple[Any, ...], firsts: dict[str, float] | None = None, *, load: Load = load
) -> tuple[dict[str, Any], dict[str, str]]:
    """Implementations that give CPython's answer, and the faults of the others.

    `firsts` gets the nanoseconds from asking for each to its first answer: what is imported and compiled for it, and the call.
    """
    functions, faults = {}, {}
    firsts = {} if firsts is None else firsts
    want = run_fresh(load(problem, "python", case), arguments)
    for name in problem.implementations:
        try:
            start_ns = time.perf_counter_ns()
            function = load(problem, name, case)
            if name != "python":
                for _ in range(2):  # the first call may have been CPython's
                    found = run_fresh(function, arguments)
                    firsts.setdefault(name, function.first_ns if isinstance(function, Apart) else time.perf_counter_ns() - start_ns)
                    check(found, want, loose=name in problem.loose, types=name == "accel")
            if problem.group != "dynamic":
                require_compiled(function)
            functions[name] = function
        except Exception as error:
            faults[name] = describe_fault(error)
    return functions, faults


def load_right(
    problem: Problem, case: str, arguments: tuple[Any, ...], check_answer: Callable[[Any], None], names: tuple[str, ...] = ()
) -> tuple[dict[str, Callable[[], Any]], dict[str, str]]:
    """Calls of the implementations, or those named, whose answers pass a check that raises, and the faults of the others."""
    calls: dict[str, Callable[[], Any]] = {}
    faults: dict[str, str] = {}
    for name in names or problem.implementations:
        try:
            function = load(problem, name, case)
            check_answer(run_fresh(function, arguments)[0])
            calls[name] = bind(function, arguments)
        except Exception as error:
            faults[name] = describe_fault(error)
    return calls, faults


def bind(function: Any, arguments: tuple[Any, ...]) -> Callable[[], Any]:
    """A call without arguments; every implementation works on the same memory, but for those in other processes."""
    return function.bind(arguments) if isinstance(function, Apart) else lambda: function(*arguments)
