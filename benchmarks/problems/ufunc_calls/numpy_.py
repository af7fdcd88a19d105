"""This module is NumPy's sum of two elements."""

import numpy

add = numpy.add
