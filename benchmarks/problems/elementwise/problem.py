"""This module makes the operands of the scalar functions."""

from typing import Any

import numpy as np

from benchmarks.harness.elements import measure_elements
from benchmarks.harness.problem import Case, Problem


def draw(*ranges: tuple[float, float]) -> Any:
    """A maker of operands with elements from these ranges, whole ones where the limits are ints."""

    def make(size: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(11)
        return tuple(rng.integers(a, b, size) if isinstance(a, int) else rng.uniform(a, b, size) for a, b in ranges)

    return make


MAKERS = {
    "black_scholes": draw((5.0, 30.0), (1.0, 100.0), (0.25, 10.0)),
    "gelu": draw((-6.0, 6.0)),
    "collatz": draw((1, 100_000)),
    "newton_root": draw((0.01, 1000.0)),
    "distance": draw((-1.5, 1.5), (-3.0, 3.0), (-1.5, 1.5), (-3.0, 3.0)),
    "hue": draw((0.0, 1.0), (0.0, 1.0), (0.0, 1.0)),
    "sigmoid_chain": draw((-8.0, 8.0)),
    "day_number": draw((1600, 2400), (1, 13), (1, 29)),
}

ELEMENTWISE = Problem(
    name="elementwise",
    group="elements",
    implementations=("numpy", "numba", "accel", "ulp", "pythran", "jax"),
    measure=measure_elements,
    cases={name: Case(make, small=300, full=100_000, quick=20_000) for name, make in MAKERS.items()},
)
