"""This module compiles the sieve of Eratosthenes with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.sieve import python_

sieve = numba.njit(twin(python_.sieve))
