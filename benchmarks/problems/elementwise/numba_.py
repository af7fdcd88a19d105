"""This module makes ufuncs of the scalar functions with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.elementwise import python_
from benchmarks.problems.elementwise.problem import MAKERS

INTEGERS = ("collatz", "day_number")


def compile_elements(name):
    function = getattr(python_, name)
    kind = "i8" if name in INTEGERS else "f8"
    return numba.vectorize([f"{kind}({', '.join([kind] * function.__code__.co_argcount)})"])(twin(function))


globals().update({name: compile_elements(name) for name in MAKERS})
