"""This package measures accel against CPython, NumPy, numba, C and Mojo, and prints how far the promised figures hold."""
