"""This module compiles the Mandelbrot set, one point and a picture with numba."""

import numba

from benchmarks.harness.load import twin
from benchmarks.problems.mandelbrot import python_

escape = numba.njit(twin(python_.escape))
picture = numba.njit(twin(python_.picture))
