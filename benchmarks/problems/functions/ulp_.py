"""This module makes ufuncs of elementary functions with accel: to one unit in the last place."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.functions import python_
from benchmarks.problems.functions.problem import RANGES, WIDTHS

MADE = {name: accel.vectorize(accuracy="1ulp")(twin(getattr(python_, name))) for name in RANGES}
globals().update({f"{name}_{width}": MADE[name] for name in RANGES for width in WIDTHS})
