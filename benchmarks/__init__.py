"""This package measures accel against CPython, NumPy, numba and C, and prints how far the promised figures hold."""
