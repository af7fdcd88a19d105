"""This module makes ufuncs of the scalar functions with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.elementwise import scalars

for _function in scalars.ALL:
    globals()[_function.__name__] = accel.vectorize(twin(_function))
