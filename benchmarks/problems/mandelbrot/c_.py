"""This module is the Mandelbrot set, one point and a picture, in C."""

from benchmarks.harness.c import DOUBLE, LONG, POINTER, address, build, declare

library = build(__file__)
escape_in_c = declare(library, "escape", LONG, DOUBLE, DOUBLE, LONG)
picture_in_c = declare(library, "picture", None, POINTER, POINTER, LONG, LONG, LONG, POINTER)


def escape(cr, ci, limit):
    return escape_in_c(cr, ci, limit)


def picture(xs, ys, limit, counts):
    picture_in_c(address(xs), address(ys), len(xs), len(ys), limit, address(counts))
