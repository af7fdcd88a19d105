"""This module times the first call of every function of the suite, less a hot call, and cold processes with the imports in them."""

import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness.check import require_compiled
from benchmarks.harness.load import describe_fault, load, renamed_twin
from benchmarks.harness.measure import time_calls
from benchmarks.harness.problem import Problem, Row, Settings, make_rows
from benchmarks.harness.process import interleave_programs, make_environment

HERE = Path(__file__).parent
SUITE = (
    "dot",
    "axpy",
    "stencil1d",
    "stencil2d",
    "nbody",
    "mandelbrot",
    "matmul_naive",
    "histogram",
    "gather",
    "sieve",
    "collatz",
    "checks",
)
COMPILERS = ("numba", "accel")


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each function; the imports and the first compilation of each compiler come before."""
    compilers, broken = load_compilers(problem)
    rows: list[Row] = []
    for name in SUITE:
        suite = find_problem(name)
        for case, how in suite.cases.items():
            plain, times, faults = load(suite, "python", case), {c: [] for c in compilers}, dict(broken)  # type: ignore[var-annotated]
            for turn in range(3 if settings.quick else 8):
                for compiler in list(compilers)[:: 1 if turn % 2 else -1]:
                    if compiler in faults:
                        continue
                    try:
                        times[compiler].append(time_compilation(compilers[compiler], plain, how.make(how.small)))
                    except Exception as error:
                        faults[compiler] = describe_fault(error)
            rows += make_rows(problem, case, times, faults)
    return rows + measure_processes(problem, settings)


def find_problem(name: str) -> Problem:
    """A problem of the suite; the table of all problems imports this module, so it can't be asked."""
    problem: Problem = getattr(importlib.import_module(f"benchmarks.problems.{name}.problem"), name.upper())
    return problem


def load_compilers(problem: Problem) -> tuple[dict[str, Callable[..., Any]], dict[str, str]]:
    """Decorators that compile, each having compiled something already, and the faults of those that are missing."""
    compilers, faults = {}, {}
    for name in COMPILERS:
        try:
            decorate = load(problem, name, "decorate")
            time_compilation(decorate, warm_up, (1.0, 10))
            compilers[name] = decorate
        except Exception as error:
            faults[name] = describe_fault(error)
    return compilers, faults


def time_compilation(decorate: Callable[..., Any], plain: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    """Nanoseconds of decorating a function never seen before and calling it, less those of a hot call."""
    fresh = renamed_twin(plain)
    compiled: list[Any] = []
    first_ns = time_calls(lambda: compiled.append(decorate(fresh)) or compiled[0](*arguments), 1)  # type: ignore[func-returns-value]
    require_compiled(compiled[0])
    return max(1.0, first_ns - min(time_calls(lambda: compiled[0](*arguments), 1) for _ in range(2)))


def warm_up(x, n):  # type: ignore[no-untyped-def]
    """A loop that makes each compiler load what it needs."""
    total = 0.0
    for i in range(n):
        total += x * i
    return total


def measure_processes(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of whole processes that import a compiler and compile one function, nothing cached."""
    programs = {"numba": HERE / "numba_process.py", "accel": HERE / "accel_process.py"}
    with tempfile.TemporaryDirectory() as folder:
        times, faults = interleave_programs(programs, make_environment(folder), rounds=3 if settings.quick else 8, warm=2)
    shown = Problem(name=problem.name, group="compile time, process", implementations=COMPILERS, measure=measure)
    return make_rows(shown, "whole process", times, faults)


COMPILE_TIME = Problem(name="compile_time", group="compile time", implementations=COMPILERS, measure=measure)
