"""This module makes the arguments of the sieve of Eratosthenes."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make(size: int) -> tuple[Any, ...]:
    """Flags, all set; a second call does the same work as the first."""
    return (np.ones(size, np.bool_),)


SIEVE = Problem(
    name="sieve",
    group="irregular",
    implementations=("python", "numpy", "numba", "accel", "c", "taichi", "pythran"),
    measure=measure_kernels,
    cases={"sieve": Case(make, small=3000, full=300_000)},
)
