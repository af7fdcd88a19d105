"""This module compiles counting values with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.histogram import python_

histogram = accel.fn(twin(python_.histogram))
