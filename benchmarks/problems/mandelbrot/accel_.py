"""This module compiles the Mandelbrot set, one point and a picture with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.mandelbrot import python_

escape = accel.fn(twin(python_.escape))
picture = accel.fn(twin(python_.picture))
