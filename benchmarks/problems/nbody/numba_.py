"""This module compiles bodies that attract each other with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.nbody import python_

nbody = numba.njit(twin(python_.nbody))
