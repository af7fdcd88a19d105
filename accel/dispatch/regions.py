"""Runs loops whose iterations are independent on the pool: looks at the conditions, cuts the range, puts the results together."""

from __future__ import annotations

import contextvars
import time

from accel.analysis.outline import outputs_of, steps_of
from accel.dispatch.conditions import Conditions
from accel.dispatch.derived import Part
from accel.options import read_switch
from accel.runtime.pool import CANCELLED, DONE, pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.dependence.loops import ParallelLoop
    from accel.dependence.scalars import Reduction
    from accel.dispatch.races import RaceDetector

__all__ = ["Region"]

_WORTH_NS = 60_000  # of work that is worth waking other threads
_SURE = 32  # times as much work, going by the last run, needs no probe
_BLOCKS = 64  # of a loop with a reduction, at most: fixed by the number of iterations alone
_OWN_ARRAYS = 8  # blocks of a loop that adds to arrays: each has its own ones
_FLAT_BLOCK = 4096  # iterations of a block of a loop without loops inside, at least
_NESTED_BLOCK = 8  # and of one with loops inside
_PROBE = 64  # the part of the iterations whose time tells whether threads pay
_FLAT_PROBE = 1024  # and of loops without loops inside so many at least
_PARTS_PER_THREAD = 4


class Region:
    """What stands for a parallel loop in a driver.

    Attributes
    ----------
    found : ParallelLoop
        The loop.
    runs, shared : int
        How often it ran, and how often on several threads.
    obstacle : str
        Why it ran sequentially the last time it did; "" if it never had to.
    splits : bool
        Whether it has ever put results of blocks together in an order that is not the loop's.
    pace : float
        Nanoseconds an iteration took last time on one thread; 0 before.
    detector : RaceDetector, optional
        What runs the iterations under `ACCEL_RACES=1`.
    """

    def __init__(self, found: ParallelLoop, part: Part, threads: Callable[[], int], schedule: str) -> None:
        self.found, self.part = found, part
        self._threads, self.is_static = threads, schedule == "static"
        self._takes_step = steps_of(found.loop)
        self._conditions = Conditions(found, part.function.__globals__)
        self.is_ordered = any(r.how in "+*" for r in found.reductions) or bool(found.histograms)
        self.outputs = outputs_of(found)
        self.runs = self.shared = 0
        self.splits = False
        self.obstacle = ""
        self.pace = 0.0
        self.detector: RaceDetector | None = None

    def __call__(self, numbers: Any, *values: Any) -> tuple[int, Any]:
        """Do the iterations, for the inputs `values`; as `Part.answer` says."""
        self.runs += 1
        return self.part.answer(lambda: self._run(numbers, values))

    def _run(self, numbers: range, values: tuple[Any, ...]) -> Any:
        if self.detector is not None and read_switch("ACCEL_RACES") == "1":
            return self.detector.run(numbers, values)
        threads = self._threads()
        if not threads:
            return self.do(numbers, values)
        obstacle = self._conditions.find_obstacle(values)
        if obstacle:
            self.obstacle = obstacle
            return self.do(numbers, values)
        if not self.is_ordered and (threads == 1 or len(numbers) == 1):
            return self.do(numbers, values)
        return _Run(self, numbers, values, threads).outputs()

    def do(self, numbers: range, values: tuple[Any, ...]) -> Any:
        """Some iterations."""
        step = (numbers.step,) if self._takes_step else ()
        return self.part.function(numbers.start, numbers.stop, *step, *values)

class _Run:
    """One run of a region."""

    def __init__(self, region: Region, numbers: range, values: tuple[Any, ...], threads: int) -> None:
        self.region, self.numbers, self.values, self.threads = region, numbers, values, threads
        self.found = region.found
        self.results: dict[int, Any] = {}  # first number of a block -> what it gave
        self.own: dict[int, list[Any]] = {}  # first number of a block -> the arrays it has added to
        self.failed: dict[int, BaseException] = {}
        self.blocks = self._cut(0, self._probe())
        region.splits |= region.is_ordered and len(self.blocks) > 1

    def outputs(self) -> Any:
        """Do it all."""
        try:
            self._begin()
        finally:
            self._add_histograms()
        return self._put_together()

    def _probe(self) -> int:
        """How many iterations come first, to see how long they take."""
        count = len(self.numbers)
        least = 1 if self.found.has_inner else _FLAT_PROBE
        if not self.region.is_ordered:
            return min(count, max(least, count // _PROBE))
        most = _OWN_ARRAYS if self.found.histograms else _BLOCKS
        return min(count, max(_NESTED_BLOCK if self.found.has_inner else _FLAT_BLOCK, -(-count // most)))

    def _cut(self, done: int, size: int) -> list[range]:
        """The iterations from `done` on, in blocks of equal size."""
        return [self.numbers[k : k + size] for k in range(done, len(self.numbers), size)]

    def _begin(self) -> None:
        """Do block after block until it is known how long iterations take, and then the rest, on several threads if that pays."""
        region, done = self.region, 0
        blocks = self.blocks
        while blocks and not self._is_sure(region.pace * (len(self.numbers) - done)):
            block = blocks.pop(0)
            spent, start = region.part.spent(), time.perf_counter_ns()
            self._guarded(block, done)
            took = time.perf_counter_ns() - start
            done += len(block)
            if region.part.spent() == spent:  # else it was compiled meanwhile
                region.pace = took / len(block)
                break
        left = len(self.numbers) - done
        pays = self.threads > 1 and region.pace * left > _WORTH_NS and region.part.is_free()
        if not region.is_ordered and left:
            parts = self.threads * (1 if region.is_static else _PARTS_PER_THREAD) if pays else 1
            blocks = self._cut(done, -(-left // parts))
        if pays and len(blocks) > 1:
            start = time.perf_counter_ns()
            self._share(blocks, done)
            region.shared += 1
            region.pace = min(region.pace, (time.perf_counter_ns() - start) * self.threads / left)
            return
        for block in blocks:
            self._guarded(block, done)
            done += len(block)

    def _is_sure(self, work_ns: float) -> bool:
        """Whether so much work is shared without trying it out first."""
        return self.threads > 1 and work_ns > _SURE * _WORTH_NS > 0 and self.region.part.is_free()

    def _share(self, blocks: list[range], done: int) -> None:
        """Do blocks on several threads."""
        contexts, size = contextvars.copy_context(), len(blocks[0])

        def body(begin: int, end: int, lowest: Callable[[], int]) -> int:
            return contexts.copy().run(chunk, begin, end, lowest)

        def chunk(begin: int, end: int, lowest: Callable[[], int]) -> int:
            for k in range(begin, end):
                if lowest() < k:
                    break
                try:
                    self._do(blocks[k], done + k * size)
                except KeyboardInterrupt as error:
                    self.failed.setdefault(CANCELLED, error)
                    return CANCELLED
                except BaseException as error:
                    self.failed[k] = error
                    return k
            return DONE

        answer = pool().run(body, len(blocks), 1, min(self.threads, len(blocks)))
        if answer != DONE:
            for first in [f for f in self.own if f > done + max(answer, 0) * size]:
                del self.own[first]  # what sequential iterations would not have come to
            self._fail(self.failed[answer])

    def _guarded(self, block: range, first: int) -> None:
        try:
            self._do(block, first)
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Raise what an iteration has raised. After loops that only compute, it is found out anew, in order: an iteration may have
        looked at what the loop would not have come to."""
        if not self.found.written and not isinstance(error, KeyboardInterrupt) and any(r.how in ("and", "or") for r in self.found.reductions):
            self.results = {0: self.region.do(self.numbers, self.values)}
            return
        raise error

    def _do(self, block: range, first: int) -> None:
        values = list(self.values)
        for k, name in enumerate(self.found.inputs):
            if name in self.found.histograms:
                own = _zeros_like(values[k])
                self.own.setdefault(first, []).append((values[k], own))
                values[k] = own
            elif first:
                how = next((r.how for r in self.found.reductions if r.name == name), "")
                values[k] = _identity(how, values[k]) if how in ("+", "*", "^") else values[k]
        self.results[first] = self.region.do(block, tuple(values))

    def _add_histograms(self) -> None:
        """What blocks have added to arrays of their own, in order."""
        for first in sorted(self.own):
            for array, own in self.own[first]:
                array += own

    def _put_together(self) -> Any:
        outputs = self.region.outputs
        if not outputs:
            return None
        ordered = [dict(zip(outputs, self.results[first], strict=True)) for first in sorted(self.results)]
        final = dict(ordered[-1])
        given = dict(zip(self.found.inputs, self.values, strict=True))
        for reduction in self.found.reductions:
            names = (reduction.name, *reduction.companions)
            parts = [tuple(result[n] for n in names) for result in ordered]
            final.update(zip(names, _reduce(reduction, parts, given[reduction.name]), strict=True))
        return tuple(final[n] for n in outputs)


def _reduce(reduction: Reduction, parts: list[tuple[Any, ...]], first: Any) -> tuple[Any, ...]:
    """The parts in pairs, neighbours first, until one is left."""
    while len(parts) > 1:
        pairs = [_combine(reduction.how, parts[k], parts[k + 1], first) for k in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[2 * len(pairs) :]
    return parts[0]


def _combine(how: str, a: tuple[Any, ...], b: tuple[Any, ...], first: Any) -> tuple[Any, ...]:
    match how:
        case "+":
            return (a[0] + b[0],)
        case "*":
            return (a[0] * b[0],)
        case "|":
            return (a[0] | b[0],)
        case "&":
            return (a[0] & b[0],)
        case "^":
            return (a[0] ^ b[0],)
        case "min":
            return b if b[0] < a[0] else a
        case "max":
            return b if b[0] > a[0] else a
        case "and":
            return (a[0] and b[0],)
        case "or":
            return (a[0] or b[0],)
    same = type(b[0]) is type(first) and b[0] == first
    return a if same else b


def _identity(how: str, value: Any) -> Any:
    """What changes nothing when it is added, or multiplied with: -0.0 for floats, as 0.0 would make 0.0 of a sum of -0.0."""
    if how == "*":
        return type(value)(1)
    return type(value)(-0.0) if isinstance(value, (float, complex)) or (value.__class__.__module__ == "numpy" and value.dtype.kind in "fc") else type(value)(0)


def _zeros_like(array: Any) -> Any:
    import numpy

    return numpy.full(array.shape, -0.0 if array.dtype.kind in "fc" else 0, array.dtype)
