"""This module is three plain loops for a matrix product, in C."""

from benchmarks.harness.c import LONG, POINTER, address, build, declare

library = build(__file__)
matmul_in_c = declare(library, "matmul", None, POINTER, POINTER, POINTER, LONG)


def matmul(a, b, c):
    matmul_in_c(address(a), address(b), address(c), len(a))
