"""This module compiles counting values with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.histogram import python_

histogram = numba.njit(twin(python_.histogram))
