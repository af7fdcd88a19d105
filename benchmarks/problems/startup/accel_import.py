"""This program imports NumPy and accel."""
import sys

import accel
import numpy

assert numpy and accel and not {"numba", "llvmlite"} & set(sys.modules), "import accel imports a compiler"
