"""This program imports NumPy and accel."""

import sys

import numpy

import accel

assert numpy and accel and not {"numba", "llvmlite"} & set(sys.modules), "import accel imports a compiler"
