"""The benchmark of the matrix product finds wrong products."""

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.problems.matmul_kernel.problem import check_product, make


def test_wrong_products_are_found():
    a, b = make((3, 20, 20), np.float32)
    check_product(a @ b, a, b)
    wrong = a @ b
    wrong[2, 1, 7] *= 1.001
    with pytest.raises(WrongAnswerError, match="the product is off by"):
        check_product(wrong, a, b)
