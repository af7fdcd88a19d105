"""This module is all pairs in C, written so that gcc vectorises it over the bodies that are attracted."""

from pathlib import Path

import numpy as np

from benchmarks.harness.c import LONG, POINTER, address, build_text, declare

library = build_text(Path(__file__).with_name("c_.c").read_text(), ("-O3", "-march=native", "-fno-math-errno", "-shared", "-fPIC"))
in_c = {size: declare(library, f"gravity_f{8 * size}", None, POINTER, POINTER, LONG, POINTER) for size in (4, 8)}


def gravity(positions, masses):
    out = np.empty_like(positions)
    in_c[positions.itemsize](address(positions), address(masses), len(masses), address(out))
    return out
