"""This module compiles the small loops with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.checks import python_

int_sum = accel.fn(twin(python_.int_sum))
recurrence = accel.fn(twin(python_.recurrence))
floor_division = accel.fn(twin(python_.floor_division))
float_division = accel.fn(twin(python_.float_division))
shifts = accel.fn(twin(python_.shifts))
gcd_sum = accel.fn(twin(python_.gcd_sum))
power = accel.fn(twin(python_.power))
backwards = accel.fn(twin(python_.backwards))
array_ints = accel.fn(twin(python_.array_ints))
numpy_ints = accel.fn(twin(python_.numpy_ints))
prefix = accel.fn(twin(python_.prefix))
roots = accel.fn(twin(python_.roots))
largest = accel.fn(twin(python_.largest))
convert = accel.fn(twin(python_.convert))
