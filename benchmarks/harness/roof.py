"""This module measures what this machine can do at most on one thread: operations on doubles, and bytes of memory that are copied."""

from __future__ import annotations

import numpy as np

from benchmarks.harness.c import LONG, build_text, declare
from benchmarks.harness.measure import time_calls

CHAINS = 12  # of operations, more than the latency times two units; with two constants they fit into 16 registers
TURNS = 200_000
ROUNDS = 15
COPY_BYTES = 1 << 27  # far more than the caches

FLAGS = ("-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC")
SOURCE = """
#ifdef __AVX512F__
#define BYTES 64
#else
#define BYTES 32
#endif
typedef double lanes __attribute__((vector_size(BYTES)));
long width(void) { return BYTES / 8; }
double multiply_add(long turns, double a) {
    lanes x, sums[CHAINS];
    for (int l = 0; l < BYTES / 8; l++) x[l] = a;
    for (int k = 0; k < CHAINS; k++) sums[k] = x;
    for (long t = 0; t < turns; t++) {
#pragma GCC unroll CHAINS
        for (int k = 0; k < CHAINS; k++) sums[k] = sums[k] * x + x;
    }
    double total = 0;
    for (int k = 0; k < CHAINS; k++) for (int l = 0; l < BYTES / 8; l++) total += sums[k][l];
    return total;
}
"""


def measure_roof() -> dict[str, float]:
    """Operations and copied bytes a second, the best of some rounds; what can't be measured (without gcc) is left out."""
    found = {"copy_bytes_per_s": measure_copy()}
    try:
        found["flops_per_s"] = measure_flops()
    except RuntimeError:
        pass
    return found


def measure_flops() -> float:
    """Additions and multiplications of doubles a second: chains of fused ones in vectors, in C.

    Raises
    ------
    RuntimeError
        if there is no gcc
    """
    from ctypes import c_double

    library = build_text(SOURCE.replace("CHAINS", str(CHAINS)), FLAGS)
    run, width = declare(library, "multiply_add", c_double, LONG, c_double), declare(library, "width", LONG)()
    least_ns = min(time_calls(lambda: run(TURNS, 0.5), 1) for _ in range(ROUNDS))
    return 2.0 * CHAINS * int(width) * TURNS / least_ns * 1e9


def measure_copy() -> float:
    """Bytes read and written a second by a copy of a large array."""
    source = np.ones(COPY_BYTES // 8)
    target = np.zeros_like(source)
    least_ns = min(time_calls(lambda: np.copyto(target, source), 1) for _ in range(ROUNDS))
    return 2.0 * COPY_BYTES / least_ns * 1e9
