"""This module compiles reading through an index with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.gather import python_

gather = accel.fn(twin(python_.gather))
