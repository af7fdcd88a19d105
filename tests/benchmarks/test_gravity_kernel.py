"""The benchmark of the kernel `gravity` finds wrong accelerations, and is judged by each of its cases."""

import numpy as np
import pytest

from accel.kernels import gravity
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.gravity_kernel import numpy_
from benchmarks.problems.gravity_kernel.problem import DTYPES, check_some, make


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_wrong_accelerations_are_found(dtype):
    bodies = make(50, dtype)
    right = gravity(*bodies)
    check_some(right, bodies)
    check_some(numpy_.gravity(*bodies), bodies)
    right[-1] *= dtype(1.001)
    with pytest.raises(WrongAnswerError, match="the acceleration of body 49 is wrong"):
        check_some(right, bodies)
    with pytest.raises(WrongAnswerError, match="the acceleration of body 0 is wrong"):
        check_some(np.full_like(right, np.nan), bodies)


def test_figures():
    def judged(ratios):
        rows = [Row("gravity_kernel", "gravity kernel", f"case {i}", "accel", (1.0,) * 3, ratio=ratio) for i, ratio in enumerate(ratios)]
        return next(figure.verdict for figure in find_figures(rows) if figure.what == "gravity over C")

    assert judged([1.0, 1.04, 0.9]) == "holds" and judged([]) == "not measured" and judged([1.2, 1.0]) == "falls short"
