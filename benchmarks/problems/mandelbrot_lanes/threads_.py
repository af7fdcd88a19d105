"""This module makes a ufunc of one point of the Mandelbrot set with accel, whose calls two threads share."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.mandelbrot_lanes import python_

f64 = f32 = accel.vectorize(threads=2)(twin(python_.escape))
