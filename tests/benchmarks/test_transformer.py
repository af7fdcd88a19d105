"""The benchmark of the kernels of transformers finds wrong results, and judges ratios."""

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.transformer.problem import SHAPES, check_result, expect, make


def test_wrong_results_are_found():
    for name in SHAPES:
        arguments = make(name, (1, 2, 5, 3) if name.startswith("attention") else (4, 30))
        want = expect(name, arguments)
        got = want[None, None] if name.startswith("attention") else want
        check_result(name, got.astype(np.float32), want)
        with pytest.raises(WrongAnswerError, match=f"{name} is off by"):
            check_result(name, got * 1.001, want)


def test_figures():
    def judged(*ratios):
        rows = [Row("transformer", "transformer", f"gelu {k}", "accel", (1.0,) * 3, ratio=ratio) for k, ratio in enumerate(ratios)]
        return next(figure.verdict for figure in find_figures(rows) if figure.what.startswith("softmax"))

    assert judged(0.7, 0.99) == "holds"
    assert judged(0.5, 1.01) == "falls short"
    assert judged(0.9, 0.9) == "falls short"
    assert judged() == "not measured"
