"""This module runs rivals that do points in whole steps and come in variants, the one that is fastest for the points at hand."""

import time

import numpy as np

from benchmarks.harness.c import address

ROUNDS = 15  # for each to have one that nothing else disturbed


class Fastest:
    """The counts of points by the fastest of some variants, which is found in the first call.

    A variant is a function of both coordinates, a number of points, the limit and the place of the counts; and the points of a step.
    """

    def __init__(self, variants):
        self.variants = variants
        self.best = None

    def __call__(self, cr, ci, limit):
        if self.best is None:
            self.best = self.choose(cr, ci, limit)
        return self.run(self.best, cr, ci, limit)

    def run(self, name, cr, ci, limit):
        """The counts; points beside the last whole step are done in one of their own."""
        function, step = self.variants[name]
        out = np.empty(len(cr), np.int32)
        whole = len(cr) - len(cr) % step
        function(address(cr), address(ci), whole, limit, address(out))
        if whole < len(cr):
            rest, found = [np.resize(part[whole:], step) for part in (cr, ci)], np.empty(step, np.int32)
            function(address(rest[0]), address(rest[1]), step, limit, address(found))
            out[whole:] = found[: len(cr) - whole]
        return out

    def choose(self, cr, ci, limit):
        """The name of the variant that is fastest for these points: the best of some rounds in turns."""
        best = dict.fromkeys(self.variants, float("inf"))
        for _ in range(ROUNDS):
            for name in self.variants:
                start = time.perf_counter()
                self.run(name, cr, ci, limit)
                best[name] = min(best[name], time.perf_counter() - start)
        return min(best, key=best.__getitem__)
