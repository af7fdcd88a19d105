"""This module makes ufuncs of the scalar functions with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.elementwise import scalars

for _function in scalars.ALL:
    globals()[_function.__name__] = numba.vectorize(nopython=True)(twin(_function))
