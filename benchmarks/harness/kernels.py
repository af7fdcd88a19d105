"""This module measures problems made of functions: load, check against CPython, time in turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.harness.check import check, require_compiled, run_fresh
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows


def measure_kernels(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of every case; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for case, how in problem.cases.items():
        arguments = how.make(how.size(settings))
        functions, faults = load_checked(problem, case, arguments)
        calls = {name: bind(function, arguments) for name, function in functions.items()}
        rows += make_rows(problem, case, interleave(calls, rounds=settings.rounds), faults)
    return rows


def load_checked(problem: Problem, case: str, arguments: tuple[Any, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    """Implementations that give CPython's answer, and the faults of the others."""
    functions, faults = {}, {}
    want = run_fresh(load(problem, "python", case), arguments)
    for name in problem.implementations:
        try:
            function = load(problem, name, case)
            if name != "python":
                for _ in range(2):  # the first call may have been CPython's
                    check(run_fresh(function, arguments), want, loose=name in problem.loose, types=name == "accel")
            if problem.group != "dynamic":
                require_compiled(function)
            functions[name] = function
        except Exception as error:
            faults[name] = describe_fault(error)
    return functions, faults


def bind(function: Any, arguments: tuple[Any, ...]) -> Callable[[], Any]:
    """A call without arguments; every implementation works on the same memory."""
    return lambda: function(*arguments)
