"""This module is five bodies that attract each other in Mojo, in vectors of four lanes, every loop but that over the steps written out while compiling.

In two ways, the faster of them: one pair after the other, or the roots of four pairs at a time, as accel does them. It is a library in this process.
`ACCEL_CPU` narrows its instructions as it does those of accel.
"""

import os
import time

from benchmarks.harness.c import DOUBLE, LONG, POINTER, address, declare
from benchmarks.harness.mojo import build

ROUNDS = 9
WAYS = ("by_pairs", "by_fours")


class Faster:
    """The faster way, which is found in the first call."""

    def __init__(self, library):
        self.ways = {name: declare(library, name, None, POINTER, POINTER, POINTER, LONG, DOUBLE) for name in WAYS}
        self.best = None

    def __call__(self, p, v, m, steps, dt):
        if self.best is None:
            self.best = self.choose(p, v, m, steps, dt)
        self.run(self.best, p, v, m, steps, dt)

    def run(self, name, p, v, m, steps, dt):
        """Steps in this way."""
        self.ways[name](address(p), address(v), address(m), steps, dt)

    def choose(self, p, v, m, steps, dt):
        """The name of the faster way, on copies: the best of some rounds in turns."""
        best = dict.fromkeys(self.ways, float("inf"))
        for _ in range(ROUNDS):
            for name in self.ways:
                places, speeds = p.copy(), v.copy()
                start = time.perf_counter()
                self.run(name, places, speeds, m, steps, dt)
                best[name] = min(best[name], time.perf_counter() - start)
        return min(best, key=best.__getitem__)


cpu = os.environ.get("ACCEL_CPU")
nbody = Faster(build(__file__, ("--target-cpu", cpu) if cpu else ()))
