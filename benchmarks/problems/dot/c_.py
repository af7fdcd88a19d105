"""This module is the dot product of two vectors, in C."""

from benchmarks.harness.c import DOUBLE, LONG, POINTER, address, build, declare

library = build(__file__)
dot_in_c = declare(library, "dot", DOUBLE, POINTER, POINTER, LONG)


def dot(x, y):
    return dot_in_c(address(x), address(y), len(x))
