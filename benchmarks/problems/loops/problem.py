"""This module makes the arguments of six loops over arrays, and times them on two threads.

Threads of OpenMP spin for a while when there is nothing left to do, so every implementation rests before its turn. On a machine
with one processor nothing is measured.
"""

import os
from typing import Any

import numpy as np

from benchmarks.harness.kernels import bind, load_checked
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Case, Problem, Row, Settings, make_rows

REST_S = 0.03
ROUNDS = 3  # times as many as elsewhere: memory is shared with whatever else runs on the host, and the fastest round varies
BINS = 1000


def make_stencil(size: int) -> tuple[Any, ...]:
    """Source and target, square."""
    source = np.random.default_rng(21).random((size, size))
    return source, source.copy()


def make_triad(size: int) -> tuple[Any, ...]:
    """Target, two sources, and a factor."""
    rng = np.random.default_rng(22)
    return np.ones(size), rng.random(size), rng.random(size), 0.4


def make_histogram(size: int) -> tuple[Any, ...]:
    """Which bin each value falls into, and the bins."""
    return np.random.default_rng(23).integers(0, BINS, size), np.zeros(BINS, np.int64)


def make_forces(size: int) -> tuple[Any, ...]:
    """Places and masses of bodies, and the forces."""
    rng = np.random.default_rng(24)
    return rng.random((size, 3)) * 10, rng.random(size) + 1, np.zeros((size, 3))


def make_product(size: int) -> tuple[Any, ...]:
    """Both factors, not square, and the product."""
    rng = np.random.default_rng(25)
    return rng.random((size, size + 2)), rng.random((size + 2, size - 1)), np.ones((size, size - 1))


def make_prefix_maximum(size: int) -> tuple[Any, ...]:
    """Numbers that slowly grow among noise, and the target."""
    return np.random.default_rng(26).random(size) + np.linspace(0.0, 1.0, size), np.empty(size)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of every case; where there is one processor, one row that says so."""
    processors = len(os.sched_getaffinity(0))
    if processors < 2:
        return [Row(problem.name, problem.group, "all", "accel", figures={"processors": processors})]
    rows: list[Row] = []
    for case, how in problem.cases.items():
        arguments = how.make(how.size(settings))
        functions, faults = load_checked(problem, case, arguments)
        calls = {name: bind(function, arguments) for name, function in functions.items()}
        rows += make_rows(problem, case, interleave(calls, rounds=ROUNDS * settings.rounds, rest_s=REST_S), faults)
    return rows


LOOPS = Problem(
    name="loops",
    group="parallelize",
    implementations=("numba", "accel", "alone", "c"),
    measure=measure,
    cases={
        "stencil": Case(make_stencil, small=30, full=2500, quick=1500),
        "triad": Case(make_triad, small=900, full=10_000_000, quick=3_000_000),
        "histogram": Case(make_histogram, small=900, full=10_000_000, quick=3_000_000),
        "forces": Case(make_forces, small=20, full=800, quick=700),
        "product": Case(make_product, small=12, full=300, quick=200),
        "prefix_maximum": Case(make_prefix_maximum, small=900, full=10_000_000, quick=3_000_000),
    },
    baseline="c",
)
