"""This module times calls of a ufunc on one element and on a thousand, against NumPy's own."""

from typing import Any

import numpy as np

from benchmarks.harness.check import require_compiled
from benchmarks.harness.elements import check_elements
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave_statements
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

LENGTHS = {"1 element": 1, "1000 elements": 1000}
REPEATS = 20_000


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each length; the loop around the call is `timeit`'s."""
    rows: list[Row] = []
    for case, length in LENGTHS.items():
        x, y = np.arange(float(length)), np.arange(float(length)) / 3
        statements: dict[str, tuple[str, dict[str, Any]]] = {}
        faults: dict[str, str] = {}
        for name in problem.implementations:
            try:
                add = load(problem, name, "add")
                check_elements(add(x, y), np.arange(length), [x + y], exact=True, dtypes=True)
                require_compiled(add)
                statements[name] = "add(x, y)", {"add": add, "x": x, "y": y}
            except Exception as error:
                faults[name] = describe_fault(error)
        rows += make_rows(problem, case, interleave_statements(statements, rounds=2 * settings.rounds, count=REPEATS), faults)
    return rows


UFUNC_CALLS = Problem(
    name="ufunc_calls", group="ufunc calls", implementations=("numpy", "numba", "accel"), measure=measure, baseline="numpy"
)
