"""This module compiles the called functions with numba, which has no methods of plain classes."""

import numba
import numpy as np

from benchmarks.harness.load import twin
from benchmarks.problems.calls import python_

SPACE = {f.__name__: numba.njit(twin(f)) for f in (python_.add, python_.half, python_.nothing, python_.first)} | {
    "x": np.arange(10.0)
}
