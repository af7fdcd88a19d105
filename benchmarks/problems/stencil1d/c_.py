"""This module is a three-point average of a vector, in C."""

from benchmarks.harness.c import LONG, POINTER, address, build, declare

library = build(__file__)
stencil1d_in_c = declare(library, "stencil1d", None, POINTER, POINTER, LONG)


def stencil1d(src, dst):
    stencil1d_in_c(address(src), address(dst), len(src))
