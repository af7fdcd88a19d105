"""This module makes ufuncs of the scalar functions with accel, elementary functions to one unit in the last place."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.elementwise import python_
from benchmarks.problems.elementwise.problem import MAKERS

globals().update({name: accel.vectorize(accuracy="1ulp")(twin(getattr(python_, name))) for name in MAKERS})
