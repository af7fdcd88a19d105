"""This module compiles bodies that attract each other with numba: the loops over arrays, as they are."""

from benchmarks.problems.nbody.numba_ import nbody

__all__ = ["nbody"]
