"""This module compiles a five-point blur of a picture with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.stencil2d import python_

stencil2d = accel.fn(twin(python_.stencil2d))
