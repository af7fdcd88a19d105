"""This module is reading through an index, in C."""

from benchmarks.harness.c import LONG, POINTER, address, build, declare

library = build(__file__)
gather_in_c = declare(library, "gather", None, POINTER, POINTER, POINTER, LONG)


def gather(x, index, out):
    gather_in_c(address(x), address(index), address(out), len(index))
