"""This module times `accel.kernels.matmul` against NumPy's product on one thread and on two, and against lists in CPython.

With two threads the figure is of the fastest rounds, too: OpenBLAS's threads wait actively for each other, and lose most of their time where other programs run. They go on
waiting for a tenth of a second when nothing is left to do, on the processor that others need, so every implementation rests before its turn there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SQUARES = (256, 512, 1024, 2048)
ODD = (127, 511, 1000)
STACKED = (8, 16, 32)
STACK = 1000
REST_S = 0.2  # where threads of OpenBLAS may still wait
QUICK = 600  # the largest side under --quick
LISTS, LIST_ROWS = 512, 2  # lists are multiplied for two of 512 rows, and the time counted 256 times


def make(shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
    """Two stacks of square matrices, or two matrices."""
    rng = np.random.default_rng(11)
    return rng.random(shape).astype(dtype), rng.random(shape).astype(dtype)


def make_cases(settings: Settings) -> dict[str, tuple[int, tuple[Any, Any]]]:
    """Name of a case -> number of threads, arguments."""
    cases = {}
    for dtype, name in ((np.float32, "f32"), (np.float64, "f64")):
        for threads in (1, 2):
            for side in sorted((*SQUARES, *ODD)):
                if side <= QUICK or not settings.quick:
                    cases[f"{name} {side}, {threads} threads"] = threads, make((side, side), dtype)
        for side in STACKED:
            cases[f"{name} {STACK} of {side}, 1 threads"] = 1, make((STACK, side, side), dtype)
    return cases


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of all cases; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for case, (threads, arguments) in make_cases(settings).items():
        calls, faults = load_checked(("numpy", "accel"), threads, arguments)
        figures = describe(*arguments)
        rows += make_rows(problem, case, interleave(calls, rounds=settings.rounds, rest_s=REST_S if threads > 1 else 0.0), faults, dict.fromkeys(calls, figures))
    return rows + measure_lists(problem, settings)


def describe(a: Any, b: Any) -> dict[str, float]:
    """The side of single matrices, and what a product of any has to do."""
    flops, size_bytes = 2.0 * a.size * b.shape[-1], float(2 * a.nbytes + b.nbytes)
    return {"flops": flops, "bytes": size_bytes} | ({"size": float(a.shape[-1])} if a.ndim == 2 else {})


def measure_lists(problem: Problem, settings: Settings) -> list[Row]:
    """The product of lists in CPython, some rows of it, against the kernel's whole one."""
    a, b = make((LISTS, LISTS), np.float64)
    calls, faults = load_checked(("accel",), 1, (a, b))
    some, lists = a[:LIST_ROWS].tolist(), b.tolist()
    python = load(problem, "python", "product")
    check_product(np.array(python(some, lists)), a[:LIST_ROWS], b)
    times = interleave(calls | {"python": lambda: python(some, lists)}, rounds=settings.rounds)
    times["python"] = [time_ns * LISTS / LIST_ROWS for time_ns in times["python"]]
    return make_rows(problem, f"lists {LISTS}, {LIST_ROWS} rows of them in CPython", times, faults)


def load_checked(names: tuple[str, ...], threads: int, arguments: tuple[Any, Any]) -> tuple[dict[str, Callable[[], Any]], dict[str, str]]:
    """Calls on so many threads that give the right product, and the faults of the others."""
    calls: dict[str, Callable[[], Any]] = {}
    faults: dict[str, str] = {}
    for name in names:
        try:
            product = load(MATMUL_KERNEL, name, "product")
            load(MATMUL_KERNEL, name, "limited")(threads).__enter__()  # and stays: it costs more than a small product
            check_product(product(*arguments), *arguments)
            calls[name] = partial(product, *arguments)
        except Exception as error:
            faults[name] = describe_fault(error)
    return calls, faults


def check_product(got: Any, a: Any, b: Any) -> None:
    """Raise WrongAnswerError unless a product is as near to the exact one as k roundings leave it."""
    wide_a, wide_b = a.astype(np.longdouble)[..., :2, :], b.astype(np.longdouble)
    want, bound = np.matmul(wide_a, wide_b), a.shape[-1] * np.finfo(a.dtype).eps * np.matmul(abs(wide_a), abs(wide_b))
    if not (abs(got[..., :2, :] - want) <= bound).all():
        raise WrongAnswerError(f"the product is off by {abs(got[..., :2, :] - want).max():.3g}")


MATMUL_KERNEL = Problem(
    name="matmul_kernel",
    group="kernels",
    implementations=("python", "numpy", "accel"),
    measure=measure,
    baseline="numpy",
)
