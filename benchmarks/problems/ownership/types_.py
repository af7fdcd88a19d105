"""This module has the parameters annotated as arrays, whoever's they are."""

import accel
from accel.types import Array, Float64
from benchmarks.problems.ownership import python_

Vector = Array[Float64, 1]


@accel.fn
def reads(a: Vector):
    return None


@accel.fn
def writes(a: Vector, b: Vector):
    return None


@accel.fn
def takes(a: Vector):
    return a


SPACE = python_.SPACE | {f.__name__: f for f in (reads, writes, takes)}
