"""This module compiles `y = a x + y` on vectors with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.axpy import python_

axpy = numba.njit(twin(python_.axpy))
