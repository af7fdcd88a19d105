"""This program imports accel only."""

import sys

import accel

assert accel and not {"numba", "llvmlite", "numpy"} & set(sys.modules), "import accel imports numba, llvmlite or NumPy"
