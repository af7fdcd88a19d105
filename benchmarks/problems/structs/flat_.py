"""This module compiles the loops over separate arrays and floats with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.structs import python_

nbody = accel.fn(twin(python_.nbody))
energy = accel.fn(twin(python_.energy))
move = accel.fn(twin(python_.move))
walk = accel.fn(twin(python_.walk))
