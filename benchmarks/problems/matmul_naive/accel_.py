"""This module compiles three plain loops for a matrix product with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.matmul_naive import python_

matmul = accel.fn(twin(python_.matmul))
