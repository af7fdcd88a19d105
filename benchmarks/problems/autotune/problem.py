"""This module times tuned functions: decided calls over those of the function itself, the first call of a process that finds a record, and sizes nobody has searched for."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness.load import describe_fault
from benchmarks.harness.measure import interleave, interleave_statements
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

FIRST = Path(__file__).parent / "first_call.py"
BUDGET_S = {True: 2.0, False: 8.0}  # quick or not


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of decided calls, of first calls, then of sizes not seen."""
    rows = []
    for case, run in {"decided": measure_decided, "first call": measure_first}.items():
        try:
            rows += make_rows(problem, case, run(settings), {})
        except Exception as error:
            rows += make_rows(problem, case, {}, {"tuned": describe_fault(error)})
    return rows + measure_unseen(problem, settings)


def measure_decided(settings: Settings) -> dict[str, list[float]]:
    """Calls of a compiled function on arrays of one element, and of the same function under `autotune`."""
    import numpy as np

    import accel
    from accel import Comptime

    @accel.fn
    def scale(x: Any, out: Any, *, factor: Comptime[int] = 1) -> None:
        for i in range(len(x)):
            out[i] = x[i] * factor

    tuned = accel.autotune(factor=[3], default={"factor": 3})(scale)
    x, out = np.ones(1), np.zeros(1)
    for _ in range(20):
        scale(x, out, factor=3)
        tuned(x, out)
    if out[0] != 3.0 or not scale.accel.compiled:
        raise ValueError("another answer, or not compiled")
    space = {"scale": scale, "tuned": tuned, "x": x, "out": out}
    return interleave_statements(
        {"fn": ("scale(x, out, factor=3)", space), "tuned": ("tuned(x, out)", space)}, rounds=4 * settings.rounds, count=10_000
    )


def measure_first(settings: Settings) -> dict[str, list[float]]:
    """First calls in new processes, which find machine code and a record: of the function and of the tuned one in turns."""
    times: dict[str, list[float]] = {"fn": [], "tuned": []}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"ACCEL_CACHE_DIR": folder, "ACCEL_PROGRESS": "0"}
        for turn in range(3 + settings.rounds):
            for name, found in times.items():
                done = subprocess.run([sys.executable, str(FIRST), name], env=environment, capture_output=True, text=True, check=True)
                if turn >= 3:
                    found.append(float(done.stdout))
    return times


def measure_unseen(problem: Problem, settings: Settings) -> list[Row]:
    """The default and what is chosen without a search for sizes that were not searched: one far from that which was, and one near it."""
    rows: list[Row] = []
    before = os.environ.get("ACCEL_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ACCEL_CACHE_DIR"] = folder
        try:
            from benchmarks.problems.autotune.kernels import KERNELS

            for name in KERNELS:
                rows += measure_kernel(problem, name, settings)
        finally:
            if before is None:
                del os.environ["ACCEL_CACHE_DIR"]
            else:
                os.environ["ACCEL_CACHE_DIR"] = before
    return rows


def measure_kernel(problem: Problem, name: str, settings: Settings) -> list[Row]:
    """Rows of one kernel, which is searched for one size."""
    import accel
    from benchmarks.problems.autotune.kernels import KERNELS

    function, searched, make, size, others = KERNELS[name]
    tuned = accel.autotune(**searched, budget=BUDGET_S[settings.quick])(function)
    rows: list[Row] = []
    for other in others:
        case = f"unseen {name} {other}"
        try:
            if not tuned.tuning.decisions:
                tuned(*make(size))
            rows += measure_size(problem, case, tuned, make, other, settings)
        except Exception as error:
            rows += make_rows(problem, case, {}, {"tuned": describe_fault(error)})
    return rows


def measure_size(problem: Problem, case: str, tuned: Any, make: Any, size: int, settings: Settings) -> list[Row]:
    """Rows of one size; the answers of both candidates are compared first."""
    import numpy as np

    function = tuned.__wrapped__
    arguments, again = make(size), make(size)
    chosen, default = tuned.tuning.choose(*arguments), tuned.tuning.default
    answers = function(*arguments, **chosen), function(*again, **default)
    if answers[0] != answers[1] or not all(map(np.array_equal, arguments, again)):
        raise ValueError(f"{chosen} gives another answer")
    calls = {"default": lambda: function(*again, **default), "tuned": lambda: function(*arguments, **chosen)}
    rows = make_rows(problem, case, interleave(calls, rounds=2 * settings.rounds), {})
    best = {row.implementation: row.best_ns for row in rows}
    return [*rows[:-1], Row(problem.name, problem.group, case, "tuned", rows[-1].rounds_ns, "default", best["tuned"] / best["default"])]


AUTOTUNE = Problem("autotune", "tuned calls", ("fn", "default", "tuned"), measure, baseline="fn")
