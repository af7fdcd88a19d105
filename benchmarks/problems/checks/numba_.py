"""This module compiles the small loops with numba, which does not check."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.checks import python_

int_sum = numba.njit(twin(python_.int_sum))
recurrence = numba.njit(twin(python_.recurrence))
floor_division = numba.njit(twin(python_.floor_division))
float_division = numba.njit(twin(python_.float_division))
shifts = numba.njit(twin(python_.shifts))
gcd_sum = numba.njit(twin(python_.gcd_sum))
power = numba.njit(twin(python_.power))
backwards = numba.njit(twin(python_.backwards))
array_ints = numba.njit(twin(python_.array_ints))
numpy_ints = numba.njit(twin(python_.numpy_ints))
prefix = numba.njit(twin(python_.prefix))
roots = numba.njit(twin(python_.roots))
largest = numba.njit(twin(python_.largest))
convert = numba.njit(twin(python_.convert))
