"""This module times sums, variances, cumulative sums and histograms against NumPy's, on one thread, from arrays in the cache to such in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import accel
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.kernels import load_right
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SIZES = (10_000, 100_000, 10_000_000)
FUNCTIONS = ("sum", "var", "cumsum", "histogram", "bincount")
DTYPES = {"f32": np.float32, "f64": np.float64}
COUNTED = {"f32": np.int32, "f64": np.int64}  # what bincount counts, as wide


def make(function: str, dtype: str, size: int) -> tuple[Any, ...]:
    """Normal numbers in 100 bins, or integers below 1000."""
    rng = np.random.default_rng(12)
    if function == "bincount":
        return (rng.integers(0, 1000, size, COUNTED[dtype]),)
    numbers = rng.standard_normal(size).astype(DTYPES[dtype])
    return (numbers, 100) if function == "histogram" else (numbers,)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all cases; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    with accel.parallel(1):
        for function in FUNCTIONS:
            for dtype in DTYPES:
                for size in SIZES:
                    arguments = make(function, dtype, size)
                    calls, faults = load_right(problem, function, arguments, lambda got, name=function, given=arguments: check_answer(name, got, *given))
                    rows += make_rows(problem, f"{function} {dtype} {size:.0e}", interleave(calls, rounds=settings.rounds), faults)
    return rows


def check_answer(function: str, got: Any, numbers: Any, *bins: int) -> None:
    """Raise WrongAnswerError unless counts are NumPy's, and floats near those in higher precision, as errors of rounding at random leave them."""
    if function in ("histogram", "bincount"):
        want = getattr(np, function)(numbers, *bins)
        if not all(map(np.array_equal, got, want)) if function == "histogram" else not np.array_equal(got, want):
            raise WrongAnswerError("other counts")
        return
    exact = getattr(np, function)(numbers.astype(np.longdouble))
    most = 10 * float(np.finfo(numbers.dtype).eps) * (numbers.size**0.5 if function != "var" else 1.0) * float(abs(numbers).max())
    off = float(abs(got - exact).max())
    if not off <= most * (numbers.size**0.5 if function == "cumsum" else 10):
        raise WrongAnswerError(f"{function} is off by {off:.3g}")


REDUCTIONS_KERNEL = Problem(name="reductions_kernel", group="reductions", implementations=("numpy", "accel"), measure=measure, baseline="numpy")
