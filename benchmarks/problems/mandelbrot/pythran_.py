"""This module compiles the Mandelbrot set, one point and a picture with Pythran."""

from benchmarks.harness.pythran import build
from benchmarks.problems.mandelbrot import python_

compiled = build(python_, {"escape": "float, float, int", "picture": "float64[:], float64[:], int, int64[:,:]"})
escape, picture = compiled.escape, compiled.picture
