"""The benchmark of convolutions finds wrong ones."""

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.conv2d.problem import check_corner, make


def test_wrong_results_are_found():
    x, weight = make(5, 4)
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    right = sum(wide[:, i : i + 5, j : j + 5] @ weight[i, j] for i in range(3) for j in range(3))
    check_corner(right, x, weight)
    wrong = right.copy()
    wrong[0, -1, 2, 3] += 0.01
    with pytest.raises(WrongAnswerError, match="the result is off by"):
        check_corner(wrong, x, weight)
    with pytest.raises(WrongAnswerError, match=r"the result has shape \(1, 4, 5, 4\)"):
        check_corner(right[:, 1:], x, weight)


def test_figures():
    def judged(*rows):
        return next(figure.verdict for figure in find_figures(rows) if figure.what.startswith("conv2d"))

    def row(case, ratio=None, fault=""):
        return Row("conv2d", "kernels", case, "accel", () if fault else (1.0,) * 3, ratio=ratio, fault=fault)

    assert judged(row("a", 1.25), row("b", 0.5)) == "holds" and judged(row("a", 1.26), row("b", 0.5)) == "falls short"
    assert judged(row("a", fault="x"), row("b", 0.5)) == "falls short"
    assert judged() == "not measured" and judged(row("a")) == "not measured"  # PyTorch is missing
