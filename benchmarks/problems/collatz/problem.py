"""This module makes the arguments of the longest Collatz sequence."""

from typing import Any

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make(size: int) -> tuple[Any, ...]:
    """The end of the range."""
    return (size,)


COLLATZ = Problem(
    name="collatz",
    group="irregular",
    implementations=("python", "numba", "accel", "c"),
    measure=measure_kernels,
    cases={"collatz": Case(make, small=100, full=10_000)},
)
