"""This module compiles bodies that attract each other with Pythran."""

from benchmarks.harness.pythran import build
from benchmarks.problems.nbody import python_

nbody = build(python_, {"nbody": "float64[:,:], float64[:,:], float64[:], int, float"}).nbody
