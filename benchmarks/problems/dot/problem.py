"""This module makes the arguments of the dot product of two vectors."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem, Work


def make(size: int) -> tuple[Any, ...]:
    """Two vectors."""
    rng = np.random.default_rng(1)
    return rng.random(size), rng.random(size)


DOT = Problem(
    name="dot",
    group="affine",
    implementations=("python", "numpy", "numba", "accel", "c"),
    measure=measure_kernels,
    cases={"dot": Case(make, small=1000, full=100_000, sizes=(1000, 10_000, 1_000_000), work=lambda n: Work(2.0 * n, 16.0 * n))},
)
