"""This module times a picture of the Mandelbrot set whose vectors are written by hand, against the same in C with intrinsics and in Mojo, on one thread.

Every count in doubles is checked against CPython. In floats of half their width, where CPython's arithmetic is NumPy's and takes a microsecond for
each turn, it is one in a hundred.
"""

import numpy as np

from benchmarks.harness.check import WrongAnswerError, require_compiled
from benchmarks.harness.kernels import bind
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Case, Problem, Row, Settings, make_rows
from benchmarks.problems.mandelbrot_lanes.problem import make_narrow_points, make_points

ROUNDS = 4  # times as many as elsewhere: a turn is longer than a slice of a busy processor
STRIDES = {"f64": 1, "f32": 101}  # of the points that are checked: not one of the width of a picture


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of both dtypes; an implementation that is missing, broken or wrong gives a row with its fault."""
    rows: list[Row] = []
    for case, how in problem.cases.items():
        cr, ci, limit = how.make(how.size(settings))
        stride, functions, faults = STRIDES[case], {}, {}
        want = load(problem, "python", case)(cr[::stride], ci[::stride], limit)
        for name in problem.implementations:
            try:
                function = load(problem, name, case)
                for _ in range(2):  # the first call may have been CPython's
                    check_counts(function(cr, ci, limit)[::stride], want)
                require_compiled(function)
                functions[name] = bind(function, (cr, ci, limit))
            except Exception as error:
                faults[name] = describe_fault(error)
        rows += make_rows(problem, case, interleave(functions, rounds=ROUNDS * settings.rounds), faults)
    return rows


def check_counts(got: np.ndarray, want: np.ndarray) -> None:
    """Raise WrongAnswerError unless all counts are the same."""
    if not np.array_equal(got, want):
        raise WrongAnswerError(f"{np.count_nonzero(got != want)} of {len(want)} counts are not CPython's")


MANDELBROT_SIMD = Problem(
    name="mandelbrot_simd",
    group="simd over C",
    implementations=("accel", "c", "mojo"),
    measure=measure,
    cases={
        "f64": Case(make_points, small=37, full=960, quick=320),
        "f32": Case(make_narrow_points, small=37, full=960, quick=320),
    },
    baseline="c",
)
