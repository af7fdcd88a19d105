"""This module is the sieve of Eratosthenes, in C."""

from benchmarks.harness.c import LONG, POINTER, address, build, declare

library = build(__file__)
sieve_in_c = declare(library, "sieve", None, POINTER, LONG)


def sieve(flags):
    sieve_in_c(address(flags), len(flags))
