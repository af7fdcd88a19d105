"""This module compiles the called functions with accel."""

import numpy as np

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.calls import python_


class Scaler:
    @accel.fn
    def scale(self, x):
        return x * 2.0


SPACE = {f.__name__: accel.fn(twin(f)) for f in (python_.add, python_.half, python_.nothing, python_.first)}
SPACE |= {"scaler": Scaler(), "x": np.arange(10.0)}
