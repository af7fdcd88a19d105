"""This module times elementary functions to one unit in the last place against NumPy's loops, on arrays that stay in the second-level cache.

Nothing is measured as long as `@vectorize` has no option `accuracy`.
"""

from typing import Any

import numpy as np

from benchmarks.harness.elements import measure_elements
from benchmarks.harness.problem import Case, Problem

RANGES = {"exp": (-20.0, 20.0), "log": (0.01, 1000.0), "sin": (-100.0, 100.0), "cos": (-100.0, 100.0), "tanh": (-6.0, 6.0)}
WIDTHS = {"f64": np.float64, "f32": np.float32}
LENGTH = 8192


def draw(limits: tuple[float, float], dtype: Any) -> Any:
    """A maker of one operand."""
    return lambda size: (np.random.default_rng(12).uniform(*limits, size).astype(dtype),)


CASES = {
    f"{name}_{width}": Case(draw(limits, dtype), small=300, full=LENGTH)
    for name, limits in RANGES.items()
    for width, dtype in WIDTHS.items()
}

FUNCTIONS = Problem(
    name="functions",
    group="functions",
    implementations=("numpy", "ulp"),
    measure=measure_elements,
    cases=CASES,
    baseline="numpy",
)
