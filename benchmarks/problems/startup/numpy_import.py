"""This program imports NumPy."""

import numpy

assert numpy
