"""Derivatives: every implementation gives the answers, one that does not is found, and the figure is judged."""

import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import GRADIENT_LIMIT, find_figures
from benchmarks.harness.load import load
from benchmarks.harness.problem import Row
from benchmarks.problems import PROBLEMS
from benchmarks.problems.gradient.problem import check_answer

GRADIENT = PROBLEMS["gradient"]


@pytest.mark.parametrize("case", GRADIENT.cases)
def test_answers(case):
    arguments = GRADIENT.cases[case].make(40)
    for name in GRADIENT.implementations:
        check_answer(GRADIENT, name, case, load(GRADIENT, name, case), arguments)
    with pytest.raises(WrongAnswerError):
        check_answer(GRADIENT, "accel", case, load(GRADIENT, "plain", case), arguments)


def judge(ratio, fault=""):
    rows = [Row("gradient", "gradient", case, "accel", (1.0,), "plain", ratio) for case in GRADIENT.cases]
    rows += [Row("gradient", "gradient", "curve", "accel", fault=fault)] if fault else []
    return {figure.what: figure.verdict for figure in find_figures(rows)}["derivatives by grad over the function"]


def test_figure():
    assert judge(GRADIENT_LIMIT) == "holds" and judge(GRADIENT_LIMIT + 0.01) == "falls short" and judge(1.0, "KeyError: 1") == "falls short"
