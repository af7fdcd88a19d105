"""This module makes the points of a picture of the Mandelbrot set, in doubles and in floats of half their width."""

from typing import Any

import numpy as np

from benchmarks.harness.elements import measure_elements
from benchmarks.harness.problem import Case, Problem

LIMIT = 200


def make_points(size: int, dtype: Any = np.float64) -> tuple[Any, ...]:
    """Both coordinates of every point of a square picture, and the limit."""
    across, down = np.linspace(-2.0, 0.5, size), np.linspace(-1.12, 1.12, size)
    cr, ci = np.meshgrid(across, down)
    return cr.ravel().astype(dtype), ci.ravel().astype(dtype), LIMIT


def make_narrow_points(size: int) -> tuple[Any, ...]:
    """The same in float32."""
    return make_points(size, np.float32)


MANDELBROT_LANES = Problem(
    name="mandelbrot_lanes",
    group="lanes over C",
    implementations=("numba", "accel", "threads", "c", "mojo"),
    measure=measure_elements,
    cases={
        "f64": Case(make_points, small=37, full=960, quick=320),
        "f32": Case(make_narrow_points, small=37, full=960, quick=320),
    },
    baseline="c",
)
