"""This module compiles three plain loops for a matrix product with Pythran."""

from benchmarks.harness.pythran import build
from benchmarks.problems.matmul_naive import python_

matmul = build(python_, {"matmul": "float64[:,:], float64[:,:], float64[:,:]"}).matmul
