"""This module times `pairwise_distances` and `nearest_neighbours` on one thread against SciPy and scikit-learn, where these are installed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SIZES = (3, 16, 128)  # coordinates
POINTS = {"pairs": (1000, 2000), "neighbours": (500, 20_000)}
ERROR = {np.float32: 1e-4, np.float64: 1e-7}  # that a way by a matrix product may have


def make(case: str, size: int, dtype: Any) -> tuple[Any, Any]:
    """Two sets of points in a cube."""
    rng = np.random.default_rng(11)
    m, n = POINTS[case]
    return rng.random((m, size)).astype(dtype), rng.random((n, size)).astype(dtype)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all cases; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for case in POINTS:
        for dtype, name in ((np.float32, "f32"), (np.float64, "f64")):
            for size in SIZES:
                points = make(case, size, dtype)
                calls, faults = load_right(problem, case, points, partial(check_distances, a=points[0], b=points[1]))
                rows += make_rows(problem, f"{case} {name} {size}", interleave(calls, rounds=settings.rounds, faults=faults), faults)
    return rows


def check_distances(got: Any, a: Any, b: Any) -> None:
    """Raise WrongAnswerError unless the distances of the first three points, or those of their neighbours, are right."""
    want = np.sqrt(((a[:3, None].astype(np.float64) - b) ** 2).sum(2))
    if isinstance(got, tuple):
        got, want = got[0], np.sort(want, axis=1)[:, : got[0].shape[1]]
    if got[:3].shape != want.shape or not np.allclose(got[:3], want, rtol=ERROR[a.dtype.type], atol=ERROR[a.dtype.type]):
        raise WrongAnswerError("the distances of the first points are wrong")


DISTANCES = Problem(
    name="distances",
    group="kernels",
    implementations=("scipy", "sklearn", "accel"),
    measure=measure,
    baseline="scipy",
)
