"""This module makes the arguments of the Mandelbrot set, one point and a picture."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make_point(size: int) -> tuple[Any, ...]:
    """A point of the set, and the limit."""
    return -0.1, 0.2, size


def make_picture(size: int) -> tuple[Any, ...]:
    """Both axes, the limit, and room for the counts."""
    return np.linspace(-2.0, 0.6, size), np.linspace(-1.12, 1.12, size), 200, np.zeros((size, size), np.int64)


MANDELBROT = Problem(
    name="mandelbrot",
    group="affine",
    implementations=("python", "numpy", "numba", "accel", "c", "taichi", "pythran", "jax"),
    measure=measure_kernels,
    cases={"escape": Case(make_point, small=1000, full=100_000), "picture": Case(make_picture, small=20, full=200)},
)
