"""This module compiles counting values with Pythran."""

from benchmarks.harness.pythran import build
from benchmarks.problems.histogram import python_

histogram = build(python_, {"histogram": "int64[:], int64[:]"}).histogram
