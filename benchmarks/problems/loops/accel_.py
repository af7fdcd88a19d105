"""This module runs six loops over arrays on two threads with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.loops import python_

stencil = accel.parallelize(num_threads=2)(twin(python_.stencil))
triad = accel.parallelize(num_threads=2)(twin(python_.triad))
histogram = accel.parallelize(num_threads=2)(twin(python_.histogram))
forces = accel.parallelize(num_threads=2)(twin(python_.forces))
product = accel.parallelize(num_threads=2)(twin(python_.product))
prefix_maximum = accel.parallelize(num_threads=2)(twin(python_.prefix_maximum))
