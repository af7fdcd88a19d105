"""This module makes the arguments of three plain loops for a matrix product."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem, Work


def make(size: int) -> tuple[Any, ...]:
    """Two square matrices and zeros."""
    rng = np.random.default_rng(6)
    return rng.random((size, size)), rng.random((size, size)), np.zeros((size, size))


MATMUL_NAIVE = Problem(
    name="matmul_naive",
    group="irregular",
    implementations=("python", "numpy", "numba", "accel", "c", "taichi", "pythran", "jax", "torch"),
    measure=measure_kernels,
    cases={"matmul": Case(make, small=20, full=300, quick=200, sizes=(32, 64, 128), work=lambda n: Work(2.0 * n**3, 32.0 * n * n))},
    loose=("numpy", "jax", "torch"),
)
