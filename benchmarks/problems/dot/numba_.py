"""This module compiles the dot product of two vectors with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.dot import python_

dot = numba.njit(twin(python_.dot))
