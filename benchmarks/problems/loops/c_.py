"""This module is six loops over arrays in C, on two threads of OpenMP. `ACCEL_CPU` narrows its instructions as it does those of accel."""

import os
from pathlib import Path

from benchmarks.harness.c import DOUBLE, FLAGS, LONG, POINTER, address, build_text, declare

CPU = os.environ.get("ACCEL_CPU") or "native"
library = build_text(Path(__file__).with_name("c_.c").read_text(), (*FLAGS, f"-march={CPU}", "-fopenmp", "-DTHREADS=2"))
stencil_in_c = declare(library, "stencil", None, POINTER, POINTER, LONG, LONG)
triad_in_c = declare(library, "triad", None, POINTER, POINTER, POINTER, DOUBLE, LONG)
histogram_in_c = declare(library, "histogram", None, POINTER, POINTER, LONG, LONG)
forces_in_c = declare(library, "forces", None, POINTER, POINTER, POINTER, LONG)
product_in_c = declare(library, "product", None, POINTER, POINTER, POINTER, LONG, LONG, LONG)
prefix_maximum_in_c = declare(library, "prefix_maximum", None, POINTER, POINTER, LONG)


def stencil(x, out):
    stencil_in_c(address(x), address(out), *x.shape)


def triad(a, b, c, s):
    triad_in_c(address(a), address(b), address(c), s, len(a))


def histogram(index, count):
    histogram_in_c(address(index), address(count), len(index), len(count))


def forces(p, m, out):
    forces_in_c(address(p), address(m), address(out), len(p))


def product(a, b, out):
    product_in_c(address(a), address(b), address(out), *a.shape, b.shape[1])


def prefix_maximum(x, out):
    prefix_maximum_in_c(address(x), address(out), len(x))
