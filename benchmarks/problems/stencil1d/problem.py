"""This module makes the arguments of a three-point average of a vector."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem, Work


def make(size: int) -> tuple[Any, ...]:
    """Source and target."""
    source = np.random.default_rng(3).random(size)
    return source, source.copy()


STENCIL1D = Problem(
    name="stencil1d",
    group="affine",
    implementations=("python", "numpy", "numba", "accel", "c"),
    measure=measure_kernels,
    cases={"stencil1d": Case(make, small=1000, full=100_000, sizes=(1000, 10_000, 1_000_000), work=lambda n: Work(3.0 * n, 16.0 * n))},
)
