"""This module compiles a three-point average of a vector with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.stencil1d import python_

stencil1d = accel.fn(twin(python_.stencil1d))
