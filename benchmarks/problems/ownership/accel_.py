"""This module says whose the arrays are."""

import accel
from accel.types import Array, Borrowed, Float64, Inout, Owned, move
from benchmarks.harness.load import twin
from benchmarks.problems.ownership import python_

Vector = Array[Float64, 1]


@accel.fn
def reads(a: Borrowed[Vector]):
    return None


@accel.fn
def writes(a: Inout[Vector], b: Inout[Vector]):
    return None


@accel.fn
def takes(a: Owned[Vector]):
    return a


SPACE = python_.SPACE | {"reads": reads, "writes": writes, "takes": takes, "move": move, "never": accel.fn(twin(python_.reads))}
