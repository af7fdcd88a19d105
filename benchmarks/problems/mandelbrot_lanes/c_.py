"""This module is one point of the Mandelbrot set in C with intrinsics of AVX-512 or AVX2: one to six vectors at a time, the fastest of them.

`ACCEL_CPU` narrows the instructions of this program as it does those of accel.
"""

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.harness.c import LONG, POINTER, address, build_text, declare

VECTORS = range(1, 7)
ROUNDS = 3
FLAGS = ("-O3", "-mprefer-vector-width=512", "-ffp-contract=off", "-shared", "-fPIC")


def build_all():
    """Functions by suffix ("pd" for doubles, "ps" for floats) and number of vectors, each with the number of points of a step."""
    text, found = Path(__file__).with_name("c_.c").read_text(), {}
    for vectors in VECTORS:
        library = build_text(text, (*FLAGS, f"-march={os.environ.get('ACCEL_CPU') or 'native'}", f"-DVECTORS={vectors}"))
        for suffix in ("pd", "ps"):
            function = declare(library, f"escape_{suffix}", None, POINTER, POINTER, LONG, LONG, POINTER)
            found[suffix, vectors] = function, getattr(library, f"step_{suffix}")()
    return found


FUNCTIONS = build_all()
BEST: dict[str, int] = {}


def run(suffix, vectors, cr, ci, limit):
    """The counts; points beside the last whole step are done in one of their own."""
    function, step = FUNCTIONS[suffix, vectors]
    out = np.empty(len(cr), np.int32)
    whole = len(cr) - len(cr) % step
    function(address(cr), address(ci), whole, limit, address(out))
    if whole < len(cr):
        rest, found = [np.resize(part[whole:], step) for part in (cr, ci)], np.empty(step, np.int32)
        function(address(rest[0]), address(rest[1]), step, limit, address(found))
        out[whole:] = found[: len(cr) - whole]
    return out


def choose_vectors(suffix, cr, ci, limit):
    """The number of vectors that is fastest for these points: the best of some rounds in turns."""
    best = dict.fromkeys(VECTORS, float("inf"))
    for _ in range(ROUNDS):
        for vectors in VECTORS:
            start = time.perf_counter()
            run(suffix, vectors, cr, ci, limit)
            best[vectors] = min(best[vectors], time.perf_counter() - start)
    return min(best, key=best.__getitem__)


def escape(suffix, cr, ci, limit):
    if suffix not in BEST:
        BEST[suffix] = choose_vectors(suffix, cr, ci, limit)
    return run(suffix, BEST[suffix], cr, ci, limit)


def f64(cr, ci, limit):
    return escape("pd", cr, ci, limit)


def f32(cr, ci, limit):
    return escape("ps", cr, ci, limit)
