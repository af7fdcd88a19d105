"""This module times `gravity` on one thread against C, loops by numba and whole arrays of NumPy. Answers are compared with sums in higher precision."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import accel
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SIZES = (100, 1000, 4000)
MOST_OF_NUMPY = 1000  # bodies: all differences of more would not fit a cache, nor some machines
DTYPES = {"f32": np.float32, "f64": np.float64}
ERROR = {np.float32: 1e-4, np.float64: 1e-12}


def make(size: int, dtype: Any) -> tuple[Any, Any]:
    """Bodies in a cube, and their masses."""
    rng = np.random.default_rng(13)
    return rng.random((size, 3)).astype(dtype), rng.random(size).astype(dtype)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all cases; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    with accel.parallel(1):
        for name, dtype in DTYPES.items():
            for size in SIZES:
                bodies = make(size, dtype)
                names = tuple(n for n in problem.implementations if n != "numpy" or size <= MOST_OF_NUMPY)
                calls, faults = load_right(problem, "gravity", bodies, partial(check_some, bodies=bodies), names)
                rows += make_rows(problem, f"{name} {size}", interleave(calls, rounds=settings.rounds), faults)
    return rows


def check_some(got: Any, bodies: tuple[Any, Any]) -> None:
    """Raise WrongAnswerError unless the accelerations of the first and last bodies are right."""
    places, masses = (part.astype(np.longdouble) for part in bodies)
    for i in (0, 1, len(masses) - 1):
        apart = np.delete(places - places[i], i, 0)
        terms = apart * (np.delete(masses, i) / (apart**2).sum(1) ** 1.5)[:, None]
        if not (abs(got[i] - terms.sum(0)) <= ERROR[bodies[0].dtype.type] * abs(terms).sum(0)).all():
            raise WrongAnswerError(f"the acceleration of body {i} is wrong")


GRAVITY_KERNEL = Problem(name="gravity_kernel", group="gravity kernel", implementations=("numba", "numpy", "c", "accel"), measure=measure, baseline="c")
