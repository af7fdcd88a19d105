"""This module compiles three plain loops for a matrix product with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.matmul_naive import python_

matmul = numba.njit(twin(python_.matmul))
