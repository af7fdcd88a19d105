"""This module times the kernels of transformers against PyTorch's functions, in float32 on one thread. Results are checked in higher precision first."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

Arrays = tuple[Any, ...]
SHAPES = {
    "softmax": ((512, 128), (256, 512), (64, 4096), (1024, 1024)),
    "log_softmax": ((256, 512), (64, 4096)),
    "layer_norm": ((128, 768), (256, 1024), (512, 768)),
    "gelu": ((128, 3072), (256, 1024)),
    "gelu_tanh": ((128, 3072),),
    "attention": ((1, 8, 128, 64), (1, 8, 512, 64), (1, 2, 2048, 64)),
    "attention_causal": ((1, 8, 128, 64), (1, 8, 512, 64), (1, 2, 2048, 64)),
}


def make(name: str, shape: tuple[int, ...]) -> Arrays:
    """Arguments of a kernel."""
    rng = np.random.default_rng(12)
    if name.startswith("attention"):
        return tuple(rng.standard_normal((3, *shape)).astype(np.float32))
    x = (rng.standard_normal(shape) * 3).astype(np.float32)
    more = rng.standard_normal((2, shape[-1])).astype(np.float32) if name == "layer_norm" else ()
    return (x, *more, np.empty_like(x))  # the last one is written to


def expect(name: str, arguments: Arrays) -> Any:
    """The first rows, or the first head, of a result in higher precision."""
    if name.startswith("attention"):
        q, k, v = (each[0, 0].astype(np.longdouble) for each in arguments)
        scores = q @ k.T / np.sqrt(np.longdouble(q.shape[-1]))
        scores = scores if name == "attention" else np.where(np.tri(*scores.shape, dtype=bool), scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return weights @ v / weights.sum(-1, keepdims=True)
    x, *rest = (each.astype(np.longdouble) for each in arguments[:-1])
    x = x[:2]
    if name == "layer_norm":
        d = x - x.mean(-1, keepdims=True)
        return d / np.sqrt((d * d).mean(-1, keepdims=True) + np.longdouble(1e-5)) * rest[0] + rest[1]
    if name == "gelu":
        return x * (1 + np.vectorize(math.erf, otypes="d")((x / np.sqrt(np.longdouble(2))).astype(np.float64))) / 2
    if name == "gelu_tanh":
        return x * (1 + np.tanh(np.sqrt(2 / np.longdouble(np.pi)) * (x + np.longdouble("0.044715") * x**3))) / 2
    made = np.exp(x - x.max(-1, keepdims=True))
    made /= made.sum(-1, keepdims=True)
    return made if name == "softmax" else np.log(made)


def check_result(name: str, got: Any, want: Any) -> None:
    """Raise WrongAnswerError unless a result is the one wanted, up to roundings of float32."""
    found = np.asarray(got)[0, 0] if name.startswith("attention") else np.asarray(got)[:2]
    if not np.allclose(found, want, rtol=1e-4, atol=2e-6):
        raise WrongAnswerError(f"{name} is off by {abs(found - want).max():.3g}")


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all cases; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for name, shapes in SHAPES.items():
        for shape in shapes:
            arguments = make(name, shape)
            calls, faults = load_right(problem, name, arguments, partial(check_result, name, want=expect(name, arguments)))
            rows += make_rows(problem, f"{name} {' x '.join(map(str, shape))}", interleave(calls, rounds=settings.rounds, faults=faults), faults)
    return rows


TRANSFORMER = Problem(
    name="transformer",
    group="transformer",
    implementations=("torch", "accel"),
    measure=measure,
    baseline="torch",
)
