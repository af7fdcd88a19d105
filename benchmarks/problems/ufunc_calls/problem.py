"""This module measures calls of a ufunc made by `@vectorize` on few elements, against NumPy's own."""

from __future__ import annotations

import numpy as np

from benchmarks.harness.check import WrongAnswerError, require_compiled
from benchmarks.harness.load import describe_fault
from benchmarks.harness.measure import interleave_statements
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SIZES = {"1 element": (1, 20_000), "1,000 elements": (1000, 10_000), "100,000 elements": (100_000, 200)}


def add(a, b):
    """What both do."""
    return a + b


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """A row for each number of elements."""
    import accel

    rows: list[Row] = []
    made = accel.vectorize(add)
    for case, (size, count) in SIZES.items():
        x = np.random.default_rng(18).random(size)
        try:
            if not np.array_equal(made(x, x), np.add(x, x)):
                raise WrongAnswerError("another sum than NumPy's")
            require_compiled(made)
        except Exception as error:
            rows.append(Row(problem.name, problem.group, case, "accel", fault=describe_fault(error)))
            continue
        statements = {"accel": ("f(x, x)", {"f": made, "x": x}), "numpy": ("f(x, x)", {"f": np.add, "x": x})}
        rows += make_rows(problem, case, interleave_statements(statements, rounds=settings.rounds, count=count), {})
    return rows


UFUNC_CALLS = Problem(name="ufunc_calls", group="ufunc calls", implementations=("accel", "numpy"), measure=measure, baseline="numpy")
