"""This module compiles reading through an index with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.gather import python_

gather = numba.njit(twin(python_.gather))
