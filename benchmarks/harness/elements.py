"""This module measures functions of elements: load, check a sample of elements against CPython, time whole arrays in turns."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError, require_compiled, run_fresh
from benchmarks.harness.kernels import bind
from benchmarks.harness.load import Load, describe_fault, load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SAMPLE = 400
EXACT = ("accel", "threads", "c", "mojo")  # those that give the bits of CPython
ULP = "ulp"  # accel with elementary functions to one unit in the last place


def measure_elements(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of every case; an implementation that is missing, broken or wrong gives a row with its fault."""
    problem = dataclasses.replace(
        problem, implementations=tuple(n for n in problem.implementations if n != ULP or has_accuracy())
    )
    rows: list[Row] = []
    if problem.implementations == (problem.baseline,):
        return rows
    for case, how in problem.cases.items():
        operands = how.make(how.size(settings))
        functions, faults = load_checked(problem, case, operands)
        calls = {name: bind(function, operands) for name, function in functions.items()}
        rows += make_rows(problem, case, interleave(calls, rounds=settings.rounds, faults=faults), faults)
    return rows


def has_accuracy() -> bool:
    """Whether this accel has the option `accuracy` of `@vectorize`."""
    try:
        from accel.options import VectorizeOptions
    except ImportError:
        return False
    return "accuracy" in VectorizeOptions.defaults


def load_checked(problem: Problem, case: str, operands: tuple[Any, ...], *, load: Load = load) -> tuple[dict[str, Any], dict[str, str]]:
    """Implementations whose sample of elements is right, and the faults of the others."""
    functions, faults = {}, {}
    sample, want = make_sample(load(problem, "python", case), operands)
    for name in problem.implementations:
        try:
            function = load(problem, name, case)
            for _ in range(2):
                check_elements(run_fresh(function, operands)[0], sample, want, exact=name in EXACT, dtypes=name in ("accel", "threads", ULP))
            require_compiled(function)
            functions[name] = function
        except Exception as error:
            faults[name] = describe_fault(error)
    return functions, faults


def make_sample(function: Any, operands: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """Places of some elements, and what CPython gives there: one array for each result."""
    size = max(np.size(operand) for operand in operands)
    sample = np.unique(np.random.default_rng(1).integers(0, size, SAMPLE)) if size > SAMPLE else np.arange(size)
    with np.errstate(all="ignore"):
        found = [function(*(operand[k] if np.ndim(operand) else operand for operand in operands)) for k in sample]
    columns = list(zip(*found, strict=True)) if isinstance(found[0], tuple) else [found]
    return sample, [np.array(column) for column in columns]


def check_elements(got: Any, sample: Any, want: list[Any], *, exact: bool, dtypes: bool) -> None:
    """Raise WrongAnswerError unless the sample of each result agrees: bit by bit if `exact`, else to 1e-9 (float32: 1e-4)."""
    results = list(got) if isinstance(got, tuple) else [got]
    if len(results) != len(want):
        raise WrongAnswerError(f"{len(results)} results, CPython's are {len(want)}")
    for result, right in zip(results, want, strict=True):
        mine = np.asarray(result)[sample]
        if dtypes and mine.dtype != right.dtype:
            raise WrongAnswerError(f"elements are {mine.dtype}, CPython's are {right.dtype}")
        bound = 1e-4 if "float32" in (mine.dtype.name, right.dtype.name) else 1e-9
        same = (mine == right) & (np.signbit(mine) == np.signbit(right)) if exact else np.isclose(mine, right, bound, 1e-12)
        if not np.all(same | ((mine != mine) & (right != right))):
            place = int(np.argmin(same))
            raise WrongAnswerError(f"element {sample[place]} is {mine[place]!r}, CPython's is {right[place]!r}")
