"""This module is the longest Collatz sequence, in C."""

from benchmarks.harness.c import LONG, build, declare

library = build(__file__)
collatz_in_c = declare(library, "collatz", LONG, LONG)


def collatz(n):
    return collatz_in_c(n)
