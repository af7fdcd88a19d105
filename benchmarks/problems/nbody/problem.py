"""This module makes the arguments of bodies that attract each other."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make(size: int) -> tuple[Any, ...]:
    """Places, speeds and masses of five bodies, steps, length of a step."""
    rng = np.random.default_rng(5)
    return rng.random((5, 3)) * 10, rng.random((5, 3)), rng.random(5) + 1, size, 1e-4


NBODY = Problem(
    name="nbody",
    group="affine",
    implementations=("python", "numba", "accel", "c", "taichi", "pythran", "jax"),
    measure=measure_kernels,
    cases={"nbody": Case(make, small=20, full=2000)},
    loose=("jax",),
)
