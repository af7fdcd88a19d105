"""This module compiles bodies that attract each other with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.nbody import python_

nbody = accel.fn(twin(python_.nbody))
