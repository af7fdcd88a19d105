"""This module makes ufuncs of the scalar functions with accel, to the bit what CPython gives."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.elementwise import python_
from benchmarks.problems.elementwise.problem import MAKERS

globals().update({name: accel.vectorize(twin(getattr(python_, name))) for name in MAKERS})
