"""This module compiles the longest Collatz sequence with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.collatz import python_

collatz = accel.fn(twin(python_.collatz))
