"""This module compiles `y = a x + y` on vectors with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.axpy import python_

axpy = accel.fn(twin(python_.axpy))
