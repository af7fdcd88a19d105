"""This module is one point of the Mandelbrot set in Mojo with vectors written by hand, the same arithmetic as in C, none fused.

One to six vectors of the processor's width at a time, or one of twice or four times that width, in two ways: the points that stay
are a mask, or numbers to add to the counts, which AVX2 may do faster; the fastest of them all. It is a library in this process, called
as the one made of C is. `ACCEL_CPU` narrows its instructions as it does those of accel.
"""

import itertools
import os
from functools import partial

from benchmarks.harness.c import LONG, POINTER, declare
from benchmarks.harness.mojo import build
from benchmarks.problems.mandelbrot_lanes.variants import Fastest

SHAPES = (*((1, vectors) for vectors in range(1, 7)), (2, 1), (4, 1))  # registers of a vector, vectors at a time
BY_NUMBERS = (0, 1)


def build_all():
    """Functions by type of the coordinates, way, registers and vectors, each with the number of points of a step."""
    cpu, found = os.environ.get("ACCEL_CPU"), {}
    library = build(__file__, ("--target-cpu", cpu) if cpu else ())
    for name in ("f64", "f32"):
        lanes = declare(library, f"lanes_{name}", LONG)()
        function = declare(library, f"escape_{name}", None, LONG, LONG, LONG, POINTER, POINTER, LONG, LONG, POINTER)
        found[name] = {
            (way, registers, vectors): (partial(function, way, registers, vectors), lanes * registers * vectors)
            for way, (registers, vectors) in itertools.product(BY_NUMBERS, SHAPES)
        }
    return found


f64, f32 = map(Fastest, build_all().values())
