"""The benchmark of distances finds wrong ones."""

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.problems.distances.problem import check_distances


def test_wrong_distances_are_found():
    rng = np.random.default_rng(1)
    a, b = rng.random((5, 4)), rng.random((9, 4))
    right = np.sqrt(((a[:, None] - b) ** 2).sum(2))
    check_distances(right, a, b)
    check_distances((np.sort(right, axis=1)[:, :2], None), a, b)
    with pytest.raises(WrongAnswerError, match="the distances of the first points are wrong"):
        check_distances(right + 1e-5, a, b)
    with pytest.raises(WrongAnswerError, match="wrong"):
        check_distances((right[:, :2], None), a, b)
