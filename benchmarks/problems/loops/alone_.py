"""This module compiles six loops over arrays with accel, for one thread."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.loops import python_

stencil = accel.fn(twin(python_.stencil))
triad = accel.fn(twin(python_.triad))
histogram = accel.fn(twin(python_.histogram))
forces = accel.fn(twin(python_.forces))
product = accel.fn(twin(python_.product))
prefix_maximum = accel.fn(twin(python_.prefix_maximum))
