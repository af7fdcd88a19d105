"""This module is one point of the Mandelbrot set in C with intrinsics of AVX-512 or AVX2: one to six vectors at a time, the fastest of them.

`ACCEL_CPU` narrows the instructions of this program as it does those of accel.
"""

import os
from pathlib import Path

from benchmarks.harness.c import LONG, POINTER, build_text, declare
from benchmarks.problems.mandelbrot_lanes.variants import Fastest

VECTORS = range(1, 7)
FLAGS = ("-O3", "-mprefer-vector-width=512", "-ffp-contract=off", "-shared", "-fPIC")


def build_all():
    """Functions by suffix ("pd" for doubles, "ps" for floats) and number of vectors, each with the number of points of a step."""
    text, found = Path(__file__).with_name("c_.c").read_text(), {"pd": {}, "ps": {}}
    for vectors in VECTORS:
        library = build_text(text, (*FLAGS, f"-march={os.environ.get('ACCEL_CPU') or 'native'}", f"-DVECTORS={vectors}"))
        for suffix, functions in found.items():
            function = declare(library, f"escape_{suffix}", None, POINTER, POINTER, LONG, LONG, POINTER)
            functions[vectors] = function, getattr(library, f"step_{suffix}")()
    return found


f64, f32 = map(Fastest, build_all().values())
