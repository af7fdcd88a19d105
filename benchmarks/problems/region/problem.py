"""This module times parallel regions of two threads, back to back: empty ones, and ones whose two iterations take about a microsecond each.

The case says on what numba's threads run. The fastest round of accel may be one in which the other thread had no processor, so that this one did all of
it: it waits for nobody who has taken nothing. So the figure is of the median rounds.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

STEPS = {"empty": 0, "1 us each": 800}
REPEATS = 1000  # regions of a turn
REST_S = 0.03  # before each turn, so that the other one's threads do not spin any more


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each case; the loop around the regions is compiled."""
    rows: list[Row] = []
    for case, steps in STEPS.items():
        functions: dict[str, Callable[..., Any]] = {}
        faults: dict[str, str] = {}
        for name in problem.implementations:
            try:
                functions[name] = load(problem, name, "regions")
                check_regions(functions[name], steps)
            except Exception as error:
                faults[name] = describe_fault(error)
        good = {name: function for name, function in functions.items() if name not in faults}
        times = take_turns(good, steps, rounds=2 * settings.rounds)
        rows += make_rows(problem, f"{case}, {find_layer(problem)}", times, faults)
    return rows


def find_layer(problem: Problem) -> str:
    """On what numba's threads run: "omp", "tbb" or "workqueue"."""
    try:
        return str(load(problem, "numba", "LAYER"))
    except Exception:
        return "no numba"


def check_regions(regions: Callable[..., Any], steps: int) -> None:
    """Raise WrongAnswerError unless both iterations of the last region were done."""
    out, want = np.zeros(16, np.uint64), 3
    for k in range(steps):
        want = (want * want) % 2**64 ^ k
    regions(out, 50, steps)
    if out.tolist() != [(want + 49) % 2**64, *[0] * 7] * 2:
        raise WrongAnswerError(f"the iterations left {out[0]} and {out[8]}, not {(want + 49) % 2**64}")


def take_turns(functions: dict[str, Callable[..., Any]], steps: int, *, rounds: int) -> dict[str, list[float]]:
    """Nanoseconds of a region, for each round, in which every implementation has its turn."""
    out = np.zeros(16, np.uint64)
    times: dict[str, list[float]] = {name: [] for name in functions}
    names = list(functions)
    for turn in range(rounds):
        for name in names[:: 1 if turn % 2 else -1]:
            time.sleep(REST_S)
            functions[name](out, REPEATS // 10, steps)
            start = time.perf_counter_ns()
            functions[name](out, REPEATS, steps)
            times[name].append((time.perf_counter_ns() - start) / REPEATS)
    return times


REGION = Problem(name="region", group="region", implementations=("numba", "accel"), measure=measure)
