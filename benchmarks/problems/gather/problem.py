"""This module makes the arguments of reading through an index."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make(size: int) -> tuple[Any, ...]:
    """Values, where to read, and room for what was read."""
    rng = np.random.default_rng(8)
    return rng.random(size), rng.integers(0, 1000, size), np.zeros(size)


GATHER = Problem(
    name="gather",
    group="irregular",
    implementations=("python", "numpy", "numba", "accel", "c"),
    measure=measure_kernels,
    cases={"gather": Case(make, small=1000, full=100_000)},
)
