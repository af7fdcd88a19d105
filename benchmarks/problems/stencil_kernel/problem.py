"""This module times `stencil` on one thread against SciPy, C whose weights are known while compiling, and loops by numba: from 3 points to 27, in one to three axes.

C and numba leave the borders out, which accel and SciPy compute. Answers are compared with sums in float64, where no neighbour is missing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import accel
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

_CROSS = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 8
_SQUARE = np.array([[0.02, 0.04, 0.03], [0.05, 0.07, 0.06], [0.01, 0.08, 0.09]])
_STAR = np.array([[[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[0, 1, 0], [1, 4, 1], [0, 1, 0]], [[0, 0, 0], [0, 1, 0], [0, 0, 0]]]) / 8
PATTERNS: dict[str, tuple[Any, tuple[int, ...]]] = {  # weights, and the shape of the array
    "three": (np.array([0.25, 0.5, 0.25]), (1_000_000,)),
    "five": (_CROSS, (1000, 1000)),
    "nine": (_SQUARE, (1000, 1000)),
    "wide": (np.tile([0.01, 0.05, 0.03, 0.04, 0.02], (5, 1)), (1000, 1000)),
    "star": (_STAR, (100, 100, 100)),
    "cube": (np.stack([_SQUARE] * 3), (100, 100, 100)),
}
DTYPES = {"f32": np.float32, "f64": np.float64}


def make(pattern: str, dtype: Any) -> tuple[Any, Any, Any]:
    """The array, the weights, and where the result goes."""
    weights, shape = PATTERNS[pattern]
    x = np.random.default_rng(14).random(shape).astype(dtype)
    return x, weights, np.empty_like(x)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all cases; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    with accel.parallel(1):
        for name, dtype in DTYPES.items():
            for pattern in PATTERNS:
                arguments = make(pattern, dtype)
                calls, faults = load_right(problem, "stencil", arguments, partial(check_inside, x=arguments[0], weights=arguments[1]))
                rows += make_rows(problem, f"{name} {pattern}", interleave(calls, rounds=settings.rounds), faults)
    return rows


def check_inside(got: Any, x: Any, weights: Any) -> None:
    """Raise WrongAnswerError unless what lies inside is right."""
    inside = tuple(slice(size // 2, n - size // 2) for size, n in zip(weights.shape, x.shape, strict=True))
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), weights.shape)
    want = np.einsum("...abc,abc" if x.ndim == 3 else "...ab,ab" if x.ndim == 2 else "...a,a", windows, weights)
    if not np.allclose(got[inside], want, rtol=20 * np.finfo(x.dtype).eps, atol=0):
        raise WrongAnswerError("some sums are wrong")


STENCIL_KERNEL = Problem(name="stencil_kernel", group="stencil kernel", implementations=("scipy", "numba", "c", "accel"), measure=measure, baseline="scipy")
