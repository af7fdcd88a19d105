"""This module compiles a five-point blur of a picture with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.stencil2d import python_

stencil2d = numba.njit(twin(python_.stencil2d))
