"""This module makes the arguments of the small loops that show what exactness costs."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make_count(size: int) -> tuple[Any, ...]:
    """Only the number of turns."""
    return (size,)


def make_floats(size: int) -> tuple[Any, ...]:
    """Floats between one half and two."""
    return (np.random.default_rng(9).random(size) * 1.5 + 0.5,)


def make_ints(size: int) -> tuple[Any, ...]:
    """Small ints of both signs."""
    return (np.random.default_rng(10).integers(-1000, 1000, size),)


COUNTED = {
    name: Case(make_count, small=300, full=100_000) for name in ("int_sum", "recurrence", "floor_division", "shifts", "power")
}
COUNTED["gcd_sum"] = Case(make_count, small=100, full=10_000)
FLOATS = {
    name: Case(make_floats, small=300, full=100_000)
    for name in ("float_division", "backwards", "prefix", "roots", "largest", "convert")
}
INTS = {name: Case(make_ints, small=300, full=100_000) for name in ("array_ints", "numpy_ints")}

CHECKS = Problem(
    name="checks",
    group="checks",
    implementations=("python", "numba", "accel"),
    measure=measure_kernels,
    cases=COUNTED | FLOATS | INTS,
)
