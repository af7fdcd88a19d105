"""The benchmark of the kernel `mandelbrot` finds wrong counts, and is judged by each of its cases."""

import pytest

from accel.kernels import mandelbrot
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.mandelbrot_kernel.problem import CASES, STRIDE, check_counts, make


@pytest.mark.parametrize("case", CASES)
def test_wrong_counts_are_found(case):
    cr, ci, limit = make(case, 37)
    right = mandelbrot(cr, ci, max_iter=limit)
    check_counts(right, cr, ci, limit)
    right[STRIDE] += 1
    with pytest.raises(WrongAnswerError, match=r"1 of \d+ counts are not CPython's"):
        check_counts(right, cr, ci, limit)


def test_figures():
    def judged(ratios):
        rows = [Row("mandelbrot_kernel", "mandelbrot kernel", f"case {i}", "accel", (1.0,) * 3, ratio=ratio) for i, ratio in enumerate(ratios)]
        return next(figure.verdict for figure in find_figures(rows) if figure.what == "mandelbrot, the kernel, over C intrinsics")

    assert judged([1.0, 1.05, 0.6]) == "holds" and judged([]) == "not measured" and judged([1.06, 0.5]) == "falls short"
