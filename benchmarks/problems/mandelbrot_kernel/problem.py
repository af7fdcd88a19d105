"""This module times `mandelbrot` on one thread against C with intrinsics and numba: a whole picture in both dtypes, and one with a high limit.

One count in a hundred is checked against the loop in CPython, before anything is timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import accel
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows
from benchmarks.problems.mandelbrot_lanes.problem import LIMIT, make_points
from benchmarks.problems.mandelbrot_lanes.python_ import escape

CASES = {"f64": (np.float64, LIMIT, 1.0), "f32": (np.float32, LIMIT, 1.0), "deep": (np.float64, 2000, 0.5)}  # dtype, limit, of the size
STRIDE = 101  # of the points that are checked: not one of the width of a picture
ROUNDS = 2  # times as many as elsewhere: a turn is longer than a slice of a busy processor


def make(case: str, size: int) -> tuple[Any, Any, int]:
    """Both coordinates of every point of a picture, and the limit."""
    dtype, limit, share = CASES[case]
    cr, ci, _ = make_points(int(size * share), dtype)
    return cr, ci, limit


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all cases; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    with accel.parallel(1):
        for case in CASES:
            points = make(case, 320 if settings.quick else 960)
            calls, faults = load_right(problem, case, points, lambda got, points=points: check_counts(got, *points))
            rows += make_rows(problem, case, interleave(calls, rounds=ROUNDS * settings.rounds), faults)
    return rows


def check_counts(got: Any, cr: Any, ci: Any, limit: int) -> None:
    """Raise WrongAnswerError unless one count in a hundred is CPython's."""
    some = slice(None, None, STRIDE)
    coordinates = [part[some].tolist() if part.dtype == np.float64 else part[some] for part in (cr, ci)]
    want = [escape(x, y, limit) for x, y in zip(*coordinates, strict=True)]
    if not np.array_equal(got[some], want):
        raise WrongAnswerError(f"{np.count_nonzero(got[some] != want)} of {len(want)} counts are not CPython's")


MANDELBROT_KERNEL = Problem(
    name="mandelbrot_kernel",
    group="mandelbrot kernel",
    implementations=("numba", "c", "accel"),
    measure=measure,
    baseline="c",
)
