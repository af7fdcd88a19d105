"""This module times `accel.kernels.conv2d` on the 3 x 3 convolutions of a ResNet, one image of float32, on one thread, against PyTorch where it is installed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SHAPES = ((56, 64), (28, 128), (14, 256), (7, 512))  # side, channels and filters


def make(side: int, channels: int) -> tuple[Any, Any]:
    """One image, and weights."""
    rng = np.random.default_rng(11)
    return rng.standard_normal((1, side, side, channels), np.float32), rng.standard_normal((3, 3, channels, channels), np.float32)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all shapes; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for side, channels in SHAPES:
        x, weight = make(side, channels)
        calls, faults = load_right(problem, "conv2d", (x, weight), partial(check_corner, x=x, weight=weight))
        rows += make_rows(problem, f"{side} x {side} x {channels}", interleave(calls, rounds=settings.rounds, faults=faults), faults)
    return rows


def check_corner(got: Any, x: Any, weight: Any) -> None:
    """Raise WrongAnswerError unless shape, the first two rows and the last one are as near to the exact sums as k roundings leave them."""
    if got.shape != x.shape:
        raise WrongAnswerError(f"the result has shape {got.shape}")
    wide = np.pad(x.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(1, 2))[0, [0, 1, -1]]
    taps = weight.astype(np.float64)
    want, size = (np.einsum("rcnij,ijno->rco", p, t, optimize=True) for p, t in ((patches, taps), (abs(patches), abs(taps))))
    if not (abs(got[0, [0, 1, -1]] - want) <= 9 * x.shape[-1] * np.finfo(np.float32).eps * size).all():
        raise WrongAnswerError(f"the result is off by {abs(got[0, [0, 1, -1]] - want).max():.3g}")


CONV2D = Problem(
    name="conv2d",
    group="kernels",
    implementations=("torch", "accel"),
    measure=measure,
    baseline="torch",
)
