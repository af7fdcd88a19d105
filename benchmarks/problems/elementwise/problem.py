"""This module makes the arguments of the functions that are applied to every element."""

from typing import Any

import numpy as np

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem


def make_options(size: int) -> tuple[Any, ...]:
    """Prices, strikes, years, rates, volatilities."""
    r = np.random.default_rng(11)
    return r.random(size) * 100 + 50, r.random(size) * 100 + 50, r.random(size) + 0.1, r.random(size) * 0.1, r.random(size) * 0.4 + 0.1


def make_normal(size: int) -> tuple[Any, ...]:
    """Normal numbers."""
    return (np.random.default_rng(12).normal(size=size) * 2,)


def make_counting(size: int) -> tuple[Any, ...]:
    """1, 2, 3, ..."""
    return (np.arange(1, size + 1),)


def make_positive(size: int) -> tuple[Any, ...]:
    """Numbers over several powers of ten."""
    return (10 ** (np.random.default_rng(13).random(size) * 8 - 2),)


def make_points(size: int) -> tuple[Any, ...]:
    """Coordinates of pairs of points."""
    return tuple(np.random.default_rng(14).random((4, size)))


def make_colours(size: int) -> tuple[Any, ...]:
    """Red, green, blue; some grey."""
    parts = np.random.default_rng(15).random((3, size))
    parts[:, ::17] = 0.5
    return tuple(parts)


def make_days(size: int) -> tuple[Any, ...]:
    """Days since 1970, of some centuries."""
    return (np.random.default_rng(16).integers(-100_000, 100_000, size),)


MAKERS = {
    "black_scholes": make_options,
    "gelu": make_normal,
    "collatz": make_counting,
    "newton_root": make_positive,
    "distance": make_points,
    "hue": make_colours,
    "sigmoid_chain": make_normal,
    "day_of_year": make_days,
}

ELEMENTWISE = Problem(
    name="elementwise",
    group="elementwise",
    implementations=("accel", "numba"),
    measure=measure_kernels,
    cases={name: Case(make, small=300, full=100_000, quick=30_000) for name, make in MAKERS.items()},
    loose=("numba",),
)
