"""This module times two dot products of narrow floats: of float32 that lie in the cache against NumPy's, and of bfloat16 in memory against a copy.

The rates of `bf16` are the bytes of both arrays over the time: 4 bytes for each pair of elements. A byte that is copied is counted once, though it is
read and written; so the ratio of the rates is that of the times. The sums are of float32, in an order of their own: they are checked against the exact
sum, to a millionth of the sum of the magnitudes.
"""

from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError, require_compiled
from benchmarks.harness.kernels import bind
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Case, Problem, Row, Settings, make_rows

ROUNDS = 4  # times as many as elsewhere: memory is shared with whatever else runs on the host
BOUND = 1e-6  # of the sum of the magnitudes: a thousand elements in a lane, each product rounded to 6e-8


def make_f32(size: int) -> tuple[Any, ...]:
    """Two vectors."""
    rng = np.random.default_rng(41)
    return tuple(rng.random((2, size), np.float32) - np.float32(0.5))


def make_bf16(size: int) -> tuple[Any, ...]:
    """The bits of two vectors, each the upper half of a float32, and room for a copy of both."""
    a, b = ((numbers.view(np.uint32) >> 16).astype(np.uint16) for numbers in make_f32(size))
    return a, b, np.zeros_like(a), np.zeros_like(b)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of both dtypes; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for case, how in problem.cases.items():
        arguments = how.make(how.size(settings))
        functions, faults = {}, {}
        for name in problem.implementations:
            try:
                function = load(problem, name, case)
                for _ in range(2):  # the first call may have been CPython's
                    check_sum(problem, case, function(*arguments), arguments)
                require_compiled(function)
                functions[name] = bind(function, arguments)
            except Exception as error:
                faults[name] = describe_fault(error)
        rows += make_rows(problem, case, interleave(functions, rounds=ROUNDS * settings.rounds), faults)
    return rows


def check_sum(problem: Problem, case: str, got: Any, arguments: tuple[Any, ...]) -> None:
    """Raise WrongAnswerError unless the sum is near the exact one; of a copy, unless it is one."""
    if got is None:
        if not all(map(np.array_equal, arguments[:2], arguments[2:])):
            raise WrongAnswerError("the copy is another one")
        return
    exact = load(problem, "python", case)
    magnitudes = tuple(np.abs(x) if case == "f32" else x & 0x7FFF for x in arguments[:2])
    want, bound = exact(*arguments), BOUND * exact(*magnitudes, *arguments[2:])
    if not abs(float(got) - want) <= bound:
        raise WrongAnswerError(f"sum is {float(got)!r}, the exact one {want!r}")


DOT_SIMD = Problem(
    name="dot_simd",
    group="dot",
    implementations=("numpy", "accel"),
    measure=measure,
    cases={
        "f32": Case(make_f32, small=77, full=4096),
        "bf16": Case(make_bf16, small=77, full=10_000_000, quick=3_000_000),
    },
    baseline="numpy",
)
