"""The benchmark of sums and histograms finds wrong answers."""

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.reductions_kernel.problem import DTYPES, FUNCTIONS, check_answer, make


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_wrong_answers_are_found(function, dtype):
    arguments = make(function, dtype, 10_000)
    right = getattr(np, function)(*arguments)
    check_answer(function, right, *arguments)
    wrong = (right[0] + 1, right[1]) if function == "histogram" else right + 1
    with pytest.raises(WrongAnswerError, match="other counts|is off by"):
        check_answer(function, wrong, *arguments)


def test_figures():
    def judged(ratios):
        rows = [Row("reductions_kernel", "reductions", f"case {i}", "accel", (1.0,) * 3, ratio=ratio) for i, ratio in enumerate(ratios)]
        return next(figure.verdict for figure in find_figures(rows) if figure.what.startswith("sums and histograms"))

    assert judged([0.6] * 19 + [1.0]) == "holds" and judged([]) == "not measured"
    assert judged([0.6] * 19 + [1.01]) == judged([0.7] * 20) == judged([0.5]) == "falls short"
