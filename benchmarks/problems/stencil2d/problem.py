"""This module makes the arguments of a five-point blur of a picture."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem, Work


def make(size: int) -> tuple[Any, ...]:
    """Source and target, square."""
    source = np.random.default_rng(4).random((size, size))
    return source, source.copy()


STENCIL2D = Problem(
    name="stencil2d",
    group="affine",
    implementations=("python", "numpy", "numba", "accel", "c", "taichi", "pythran", "jax", "torch", "scipy"),
    measure=measure_kernels,
    cases={"stencil2d": Case(make, small=30, full=300, sizes=(30, 100, 1000), work=lambda n: Work(5.0 * n * n, 16.0 * n * n))},
    loose=("numpy", "jax", "scipy"),
)
