"""This module is the loops over an array of structs, in C."""

from benchmarks.harness.c import DOUBLE, LONG, POINTER, address, build, declare

library = build(__file__)
energy_in_c = declare(library, "energy", DOUBLE, POINTER, LONG)
move_in_c = declare(library, "move", None, POINTER, LONG, DOUBLE)


def energy(table):
    return energy_in_c(address(table), len(table))


def move(table, dt):
    move_in_c(address(table), len(table), dt)


ARRANGE = {"energy": lambda table: (table,), "move": lambda table: (table,)}
