"""This module compiles the dot product of two vectors with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.dot import python_

dot = accel.fn(twin(python_.dot))
