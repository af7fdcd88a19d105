"""The benchmark of the matrix product finds wrong products."""

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.matmul_kernel.problem import check_product, make


def test_wrong_products_are_found():
    a, b = make((3, 20, 20), np.float32)
    check_product(a @ b, a, b)
    wrong = a @ b
    wrong[2, 1, 7] *= 1.001
    with pytest.raises(WrongAnswerError, match="the product is off by"):
        check_product(wrong, a, b)


def test_figures():
    def row(case, name, ratio=None, fault="", time_ns=1.0):
        return Row("matmul_kernel", "kernels", case, name, () if fault else (time_ns,) * 3, ratio=ratio, fault=fault)

    def judged(what, *rows):
        return next(figure.verdict for figure in find_figures(rows) if figure.what.startswith(what))

    for case, most in {"f32 512, 1 threads": 1.0, "f64 511, 2 threads": 1.11, "f32 1000, 1 threads": 1.11, "f32 1000 of 8, 1 threads": 0.5}.items():
        assert judged("matmul over", row(case, "accel", most)) == "holds" and judged("matmul over", row(case, "accel", most + 0.02)) == "falls short"
    assert judged("matmul over", row("f32 512, 1 threads", "accel", fault="x")) == "falls short" and judged("matmul over") == "not measured"
    lists = "lists 512, 2 rows of them in CPython"
    for gain, verdict in ((10_000, "holds"), (9_999, "falls short")):
        assert judged("matmul, lists", row(lists, "accel"), row(lists, "python", time_ns=gain)) == verdict
    assert judged("matmul, lists", row(lists, "accel")) == "not measured"
