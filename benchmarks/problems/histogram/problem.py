"""This module makes the arguments of counting values."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make(size: int) -> tuple[Any, ...]:
    """Values and the bins."""
    return np.random.default_rng(7).integers(0, 1000, size), np.zeros(1000, np.int64)


HISTOGRAM = Problem(
    name="histogram",
    group="irregular",
    implementations=("python", "numpy", "numba", "accel", "c", "taichi", "pythran", "jax", "torch"),
    measure=measure_kernels,
    cases={"histogram": Case(make, small=1000, full=100_000)},
)
