"""This module is counting values, in C."""

from benchmarks.harness.c import LONG, POINTER, address, build, declare

library = build(__file__)
histogram_in_c = declare(library, "histogram", None, POINTER, POINTER, LONG)


def histogram(x, bins):
    histogram_in_c(address(x), address(bins), len(x))
