"""This module is a five-point blur of a picture, in C."""

from benchmarks.harness.c import LONG, POINTER, address, build, declare

library = build(__file__)
stencil2d_in_c = declare(library, "stencil2d", None, POINTER, POINTER, LONG, LONG)


def stencil2d(src, dst):
    stencil2d_in_c(address(src), address(dst), *src.shape)
