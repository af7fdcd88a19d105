"""This module is bodies that attract each other, as plain Python over arrays: the very function of `nbody`."""

from benchmarks.problems.nbody.python_ import nbody

__all__ = ["nbody"]
