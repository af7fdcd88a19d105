"""This module compiles a five-point blur of a picture with Pythran."""

from benchmarks.harness.pythran import build
from benchmarks.problems.stencil2d import python_

stencil2d = build(python_, {"stencil2d": "float64[:,:], float64[:,:]"}).stencil2d
