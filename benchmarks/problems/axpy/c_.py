"""This module is `y = a x + y` on vectors, in C."""

from benchmarks.harness.c import DOUBLE, LONG, POINTER, address, build, declare

library = build(__file__)
axpy_in_c = declare(library, "axpy", None, DOUBLE, POINTER, POINTER, LONG)


def axpy(a, x, y):
    axpy_in_c(a, address(x), address(y), len(x))
