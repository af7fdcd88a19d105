"""This module is bodies that attract each other, in C."""

from benchmarks.harness.c import DOUBLE, LONG, POINTER, address, build, declare

library = build(__file__)
nbody_in_c = declare(library, "nbody", None, POINTER, POINTER, POINTER, LONG, LONG, DOUBLE)


def nbody(p, v, m, steps, dt):
    nbody_in_c(address(p), address(v), address(m), len(m), steps, dt)
