"""The benchmark of a network finds wrong answers, and judges ratios."""

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.digits_network import numpy_
from benchmarks.problems.digits_network.problem import check_result, make


def test_wrong_answers_are_found():
    arguments = make(5)
    want = numpy_.infer(*(each.astype(np.longdouble) for each in arguments))
    assert want.shape == (5, 10) and np.allclose(want.sum(1), 1)
    check_result(numpy_.infer(*arguments), want)
    for wrong in (want * 1.001, want[:4], want[::-1]):
        with pytest.raises(WrongAnswerError, match="the network gives other chances"):
            check_result(wrong, want)


def test_figures():
    def judged(*ratios):
        rows = [Row("digits_network", "network", f"{k} at a time", "accel", (1.0,) * 3, ratio=ratio) for k, ratio in enumerate(ratios)]
        return next(figure.verdict for figure in find_figures(rows) if figure.what.startswith("a network"))

    assert judged(0.7, 1.2) == "holds"
    assert judged(0.9, 1.2) == "falls short"
    assert judged(0.9) == "falls short"
    assert judged() == "not measured"
