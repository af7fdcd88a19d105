"""This module makes the arguments of `y = a x + y` on vectors."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem, Work


def make(size: int) -> tuple[Any, ...]:
    """A factor near one, so that repeated calls stay finite, and two vectors."""
    rng = np.random.default_rng(2)
    return 1.0000001, rng.random(size), rng.random(size)


AXPY = Problem(
    name="axpy",
    group="affine",
    implementations=("python", "numpy", "numba", "accel", "c"),
    measure=measure_kernels,
    cases={"axpy": Case(make, small=1000, full=100_000, sizes=(1000, 10_000, 1_000_000), work=lambda n: Work(2.0 * n, 24.0 * n))},
)
