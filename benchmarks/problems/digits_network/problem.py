"""This module times the answers of the network of `examples/digits_network.py`, for one picture and for 64, in float32 on one thread: what calls cost counts as much as what
they compute. Its weights are random here. Answers are checked in higher precision first."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows
from benchmarks.problems.digits_network import numpy_

Arrays = tuple[Any, ...]
SIZES = ((3, 3, 1, 16), (3, 3, 16, 32), (512, 40), (40, 10))
BATCHES = (1, 64)


def make(batch: int) -> Arrays:
    """Pictures, and weights and bias of each layer."""
    rng = np.random.default_rng(3)
    layers = [(rng.standard_normal(size) * np.sqrt(2 / np.prod(size[:-1])), rng.standard_normal(size[-1]) / 10) for size in SIZES]
    return tuple(each.astype(np.float32) for each in (rng.random((batch, 8, 8, 1)), *(part for layer in layers for part in layer)))


def check_result(got: Any, want: Any) -> None:
    """Raise WrongAnswerError unless the chances of the digits are the right ones, up to roundings of float32."""
    if np.shape(got) != want.shape or not np.allclose(got, want, rtol=1e-4, atol=1e-6):
        raise WrongAnswerError("the network gives other chances")


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all batches; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for batch in BATCHES:
        arguments = make(batch)
        want = numpy_.infer(*(each.astype(np.longdouble) for each in arguments))
        calls, faults = load_right(problem, "infer", arguments, partial(check_result, want=want))
        rows += make_rows(problem, f"{batch} at a time", interleave(calls, rounds=settings.rounds, faults=faults), faults)
    return rows


DIGITS_NETWORK = Problem(
    name="digits_network",
    group="network",
    implementations=("torch", "numpy", "accel"),
    measure=measure,
    baseline="torch",
)
