"""This module compiles a three-point average of a vector with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.stencil1d import python_

stencil1d = numba.njit(twin(python_.stencil1d))
