"""The benchmark of the kernel `stencil` finds wrong sums, and is judged by each of its cases."""

import shutil

import numpy as np
import pytest

from accel.kernels import stencil
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.stencil_kernel.problem import PATTERNS, check_inside


@pytest.mark.parametrize("pattern", PATTERNS)
def test_wrong_sums_are_found(pattern):
    weights, shape = PATTERNS[pattern]
    x = np.random.default_rng(1).random([70, 12, 11][: len(shape)])
    right = stencil(x, weights)
    check_inside(right, x, weights)
    if shutil.which("gcc"):
        from benchmarks.problems.stencil_kernel import c_

        check_inside(c_.stencil(x, weights, np.zeros_like(x)), x, weights)
    right[tuple(np.array(x.shape) // 2)] *= 1.0001
    with pytest.raises(WrongAnswerError, match="some sums are wrong"):
        check_inside(right, x, weights)


def test_figures():
    def judged(ratios):
        rows = [Row("stencil_kernel", "stencil kernel", f"case {i}", "accel", (1.0,) * 3, ratio=ratio) for i, ratio in enumerate(ratios)]
        return next(figure.verdict for figure in find_figures(rows) if figure.what == "stencils over SciPy's correlate")

    assert judged([0.2, 0.3, 0.1]) == "holds" and judged([]) == "not measured" and judged([0.1, 0.6]) == judged([0.4, 0.4]) == "falls short"
