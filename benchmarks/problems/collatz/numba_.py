"""This module compiles the longest Collatz sequence with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.collatz import python_

collatz = numba.njit(twin(python_.collatz))
