"""Runs loops whose iterations are independent on the pool: looks at the conditions, cuts the range, puts the results together."""

from __future__ import annotations

import time
from itertools import accumulate, takewhile, zip_longest

from accel.analysis.outline import RETURNED, THROUGH, outputs_of, steps_of
from accel.dispatch.conditions import Conditions, are_so
from accel.dispatch.derived import Part
from accel.dispatch.replay import Replay
from accel.dispatch.tasks import DONE, RAISED, call_in_python, prepare_together
from accel.options import read_switch
from accel.runtime.pool import current_threads, pool, told_threads
from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.dependence.loops import ParallelLoop
    from accel.dispatch.parallel import Parallelized
    from accel.dispatch.races import RaceDetector
    from accel.dispatch.replay import Row
    from accel.dispatch.tasks import Together
    from accel.options import ParallelizeOptions

__all__ = ["Region"]

_WORTH_NS = 300_000  # of work that is worth waking other threads
_SURE = 4  # times as much work, going by the last run, needs no probe
_BLOCKS = 64  # of a loop with a reduction, at most: fixed by the number of iterations alone
_APART = 128  # bytes between what threads write to: a line of the cache they share passes to and fro, and the next one is fetched with it
_OWN_ARRAYS = 8  # blocks of a loop that adds to arrays: each has its own ones
_FLAT_BLOCK = 4096  # iterations of a block of a loop without loops inside, at least
_NESTED_BLOCK = 8  # and of one with loops inside
_FAR = 2**62
_SHORT_NS = 20_000  # of work that is done at once, without a look at the conditions
_LOOK_AGAIN = 16  # one of so many short runs is timed again
_PROBE = 64  # the part of the iterations whose time tells whether threads pay
_FLAT_PROBE = 1024  # and of loops without loops inside so many at least
_SHARES = ((100,), (75, 25), (60, 25, 10, 5), (50, 25, 12, 7, 4, 2))  # of what is a thread's, in percent: the sizes of blocks
_PART_NS = 1_000_000  # of work for each of these blocks, on average, at least: each takes the GIL to begin and to end
_SEARCH_NS = 100_000  # of work of a block of a loop that may be left early, at least
_SEARCHED = 4  # all threads together do at most a quarter of what has been done before, so that little is done in vain
_TRUSTED_NS = 20_000  # what a probe must have taken: calls take some microseconds themselves


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
    is_plain : bool
        Whether all blocks have the same inputs: nothing is put together.
    detector : RaceDetector, optional
        What runs the iterations under `ACCEL_RACES=1`.
    scan : Reduction, optional
        What is put together, and read meanwhile.
    summary : callable, optional
        Finds out what iterations put together in the scan.
    associative : dict
        Text of each function that values are put together with -> that function, and its identity.
    """

    def __init__(self, found: ParallelLoop, part: Part, owner: Parallelized, options: ParallelizeOptions, associative: dict[str, tuple[Any, Any]]) -> None:
        self.found, self.part = found, part
        self._owner, self._options, self.is_static = owner, options, options.schedule == "static"
        self._takes_step = steps_of(found.loop)
        self.associative = associative
        self._conditions = Conditions(found, part.function.__globals__, {text: function for text, (function, _) in associative.items()})
        self._adds = any(r.is_nearly for r in found.reductions)
        self.is_plain = not (found.reductions or found.histograms)
        self._latest: _Latest | None = None
        self.outputs = outputs_of(found)
        self._runs = self._shared = 0
        self._replay = Replay()
        self._replayed: _Latest | None = None  # which of the latest runs machine code knows
        self.splits = False
        self.obstacle = ""
        self.pace = 0.0
        self.detector: RaceDetector | None = None
        self.scan = next((r for r in found.reductions if r.steps), None)
        self.summary: Callable[..., Any] | None = None

    @property
    def runs(self) -> int:
        return self._runs + self._replay.runs

    @property
    def shared(self) -> int:
        return self._shared + self._replay.runs

    def make_runner(self) -> Callable[..., tuple[int, Any]]:
        """A function that does the iterations: of a range, and the inputs; as `Part.answer` says."""

        def run(numbers: Any, *values: Any) -> tuple[int, Any]:
            self._runs += 1
            return self.part.answer(lambda: self._run(numbers, values))

        return self._replay.make_function(run, lambda error: self.part.answer(lambda: self._fail(error)))

    def _fail(self, error: BaseException | None) -> None:
        """Raise what a run that was done as the last one has raised: it, or what its tasks have."""
        latest, self._latest = self._latest, None
        self._replay.disarm()
        assert latest is not None
        raised = [value for how, value in latest.together.outcomes() if how == RAISED]
        raise raised[0] if error is None else error

    def _run(self, numbers: range, values: tuple[Any, ...]) -> Any:
        if self.detector is not None and read_switch("ACCEL_RACES") == "1":
            return self.detector.run(numbers, values)
        threads = self._owner.threads()
        if not threads or not -_FAR < numbers.start - numbers.stop < _FAR:
            return self.do(numbers, values)
        is_simple = not (self.found.histograms or (self._adds and len(numbers) > self._smallest_block()))
        is_short = self.pace * len(numbers) < _SHORT_NS and self._runs % _LOOK_AGAIN
        if is_simple and (threads == 1 or (is_short and self.pace)):
            return self.do(numbers, values)
        if threads > 1 and self.pace * len(numbers) > _SURE * _WORTH_NS > 0:
            pool().expect(threads)
            if self._do_again(numbers, values, threads):
                return None
        obstacle = self._conditions.find_obstacle(values)
        if obstacle:
            self.obstacle = obstacle
            return self.do(numbers, values)
        is_ordered = self._is_ordered(values)
        if not is_ordered and len(numbers) == 1:
            return self.do(numbers, values)
        return _Run(self, numbers, values, threads, is_ordered=is_ordered).outputs()

    def _do_again(self, numbers: range, values: tuple[Any, ...], threads: int) -> bool:
        """Do what was done the last time, if the inputs are the same to the last word of memory that matters; whether they are."""
        if self._replay.is_busy:
            return False
        latest, self._latest = self._latest, None  # another thread makes its own
        self._replay.disarm()
        if latest is None or (latest.numbers, latest.threads) != (numbers, threads):
            return False
        if not (self._conditions.hold_outside() if latest.rows is None else are_so(latest.rows)):
            return False
        if not latest.seen.fits(self.arguments(latest.first, values)):
            return False
        for own in latest.own:
            for array in own.values():
                array.fill(_nothing(array))
        start = time.perf_counter_ns()
        outcomes = latest.together.do(threads)
        self._shared += 1
        for (how, value), own in zip_longest(outcomes, latest.own, fillvalue={}):
            for name, array in own.items():
                values[self.found.inputs.index(name)].__iadd__(array)
            if how == RAISED:
                raise value
        self.pace = (time.perf_counter_ns() - start) * threads / len(numbers)
        if self._latest is None and not self._replay.is_busy:
            self._latest = latest
            self._arm()
        return True

    def keep(self, run: _Run, first: range, together: Together) -> None:
        """Keep what all iterations of a run were, for the next one."""
        if self.found.reductions or self.outputs or self._replay.is_busy:
            return
        rows = self._conditions.rows()
        if rows is None and not self._conditions.may_hold_outside:
            return
        seen = together if self.is_plain else prepare_together([(self.part.function, self.arguments(first, run.values))])
        if seen is not None:
            self._replay.disarm()
            self._latest = _Latest(run.numbers, run.threads, first, seen, together, [run.own[first] for first in sorted(run.own)], rows)
            if self.is_plain and rows is not None and self.detector is None:
                self._replay.keep(together, run.numbers, self.limits(first), rows)
                self._replayed = self._latest
                self._arm()

    def _arm(self) -> None:
        """Let machine code do the runs that are like the last one, if it can tell."""
        latest = self._latest
        if latest is None or latest is not self._replayed:
            return
        own, until_ns = (-1, 0) if self._options.num_threads else told_threads()
        if latest.threads == (self._options.num_threads or current_threads()):
            self._replay.arm(self._owner.function.__code__, latest.threads, own, until_ns)

    def _is_ordered(self, values: tuple[Any, ...]) -> bool:
        """Whether floats may be added up, or multiplied, so that the blocks must not depend on threads."""
        if self._adds or not self.found.histograms:
            return self._adds
        arrays = [values[self.found.inputs.index(name)] for name in self.found.histograms]
        return any(array.dtype.kind in "fc" for array in arrays)

    def _smallest_block(self) -> int:
        return _NESTED_BLOCK if self.found.has_inner else _FLAT_BLOCK

    def do(self, numbers: range, values: tuple[Any, ...]) -> Any:
        """Some iterations."""
        return self.part.function(*self.arguments(numbers, values))

    def arguments(self, numbers: range, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the functions made of the loop are called with."""
        return (*self.limits(numbers), *values)

    def limits(self, numbers: range) -> tuple[int, ...]:
        """What the functions made of the loop take of a range."""
        return (numbers.start, numbers.stop, numbers.step) if self._takes_step else (numbers.start, numbers.stop)


@dataclass(frozen=True, slots=True)
class _Latest:
    """A run of all iterations, on threads, that gave nothing: the range, the number of threads, the first block, what it was called for, all blocks as
    calls, the arrays of their own that they added to, by name, and what names outside stood for, if that tells whether the conditions hold."""

    numbers: range
    threads: int
    first: range
    seen: Together
    together: Together
    own: list[dict[str, Any]]
    rows: list[Row] | None


class _Left(Exception):
    """An iteration of the block that begins with the one numbered `first` has left the loop: those behind it are not wanted."""

    def __init__(self, first: int) -> None:
        self.first = first


class _Run:
    """One run of a region."""

    def __init__(self, region: Region, numbers: range, values: tuple[Any, ...], threads: int, *, is_ordered: bool) -> None:
        self.region, self.numbers, self.values, self.threads, self.is_ordered = region, numbers, values, threads, is_ordered
        self.found = region.found
        self.results: dict[int, Any] = {}  # first number of a block -> what it gave
        self.own: dict[int, dict[str, Any]] = {}  # first number of a block -> the arrays it has added to, in the place of those of these names
        self.is_cut = False  # into blocks that begin with nothing added to arrays
        self.is_shared = False
        self.together: Together | None = None  # the blocks that were done last

    def outputs(self) -> Any:
        """Do it all."""
        try:
            self._begin()
        except _Left as left:
            self.results = {first: result for first, result in self.results.items() if first <= left.first}
        except Exception:
            if not any(r.how in ("and", "or") for r in self.found.reductions):
                raise
            # A condition was looked at to which the loop would not have come, maybe. It stores nothing: once more, in order.
            return self.region.do(self.numbers, self.values)
        finally:
            self._add_histograms()
        return self._put_together()

    def _probe(self) -> int:
        """How many iterations come first, to see how long they take."""
        count = len(self.numbers)
        least = 1 if self.found.has_inner else _FLAT_PROBE
        if not self.is_ordered:
            return min(count, least if self.found.leaves else max(least, count // _PROBE))
        most = _OWN_ARRAYS if self.found.histograms else _BLOCKS
        return min(count, max(self.region._smallest_block(), -(-count // most)))

    def _cut(self, done: int, size: int) -> list[range]:
        """The iterations from `done` on, in blocks of equal size."""
        return [self.numbers[k : k + size] for k in range(done, len(self.numbers), size)]

    def _begin(self) -> None:
        """Do block after block until it is known how long iterations take, and then the rest, on several threads if that pays."""
        region, done, count = self.region, 0, len(self.numbers)
        size = self._probe()
        if region.scan and self._is_sure(region.pace * count):  # what goes on from an element is of one kind, and faster, when the start was of another
            self._do(self.numbers[:1], 0)
            done = 1
        self.is_cut = self.is_ordered and count > size
        region.splits |= self.is_cut
        while done < count and not (self._is_sure(region.pace * (count - done)) and (done or not self.found.leaves)):
            block = self.numbers[done : done + size]
            spent, start = region.part.spent(), time.perf_counter_ns()
            self._do(block, done)
            took = time.perf_counter_ns() - start
            done += len(block)
            if region.part.spent() == spent:  # else it was compiled meanwhile
                region.pace = took / len(block)
                if took > _TRUSTED_NS or self.is_ordered or region.scan or region.pace * (count - done) <= _WORTH_NS:
                    break
                size *= 4
        left = count - done
        if not left:
            return
        self.is_shared = pays = self.threads > 1 and region.pace * left > _WORTH_NS and region.part.is_free()
        blocks = self._cut(done, size) if self.is_ordered else self._shares(done) if pays else [self.numbers[done:]]
        if pays and len(blocks) > 1:
            region._shared += 1
            start = time.perf_counter_ns()
            (self._share_scan if region.scan else self._share)(blocks, done)
            if not done and self.together is not None:
                region.keep(self, blocks[0], self.together)
            region.pace = min(region.pace, (time.perf_counter_ns() - start) * self.threads / left)
            return
        for block in blocks:
            self._do(block, done)
            done += len(block)

    def _shares(self, done: int) -> list[range]:
        """The iterations from `done` on for several threads: a large block for each, then smaller ones, for whoever is free first."""
        left, threads = len(self.numbers) - done, self.threads
        if self.found.leaves:
            return self._growing(done)
        is_whole = self.region.is_static or self.found.histograms or self.region.scan
        count = 1 if is_whole else int(max(1, min(len(_SHARES), self.region.pace * left / threads / _PART_NS)))
        blocks: list[range] = []
        for share in _SHARES[count - 1]:
            size = max(1, -(-left * share // (100 * threads)))
            for _ in range(threads):
                blocks.append(self.numbers[done : done + size])
                done += len(blocks[-1])
        blocks.append(self.numbers[done:])
        return [block for block in blocks if block]

    def _growing(self, done: int) -> list[range]:
        """The iterations from `done` on, in blocks that are the larger the more have been done before."""
        blocks: list[range] = []
        least = max(1, int(_SEARCH_NS / self.region.pace))
        while done < len(self.numbers):
            blocks.append(self.numbers[done : done + max(least, done // (_SEARCHED * self.threads))])
            done += len(blocks[-1])
        return blocks

    def _is_sure(self, work_ns: float) -> bool:
        """Whether so much work is shared without trying it out first."""
        return self.threads > 1 and work_ns > _SURE * _WORTH_NS > 0 and self.region.part.is_free()

    def _share(self, blocks: list[range], done: int) -> None:
        """Do blocks on several threads."""
        firsts = [done + n for n in accumulate(map(len, blocks[:-1]), initial=0)]
        together = self.threads if self.found.leaves else len(blocks)  # what is under way when one leaves is done in vain
        try:
            for k in range(0, len(blocks), together):
                self._share_some(blocks[k : k + together], firsts[k : k + together])
        except Exception:
            failed = min(self.own.keys() - self.results.keys(), default=done)  # those below it are done
            for first in [f for f in self.own if f > failed]:
                del self.own[first]  # what sequential iterations would not have come to
            raise

    def _share_some(self, blocks: list[range], firsts: list[int]) -> None:
        """The same, without a look at those before."""
        part, so_far = self.region.part.function, self._so_far()
        calls = [(self.results, f, part, self.region.arguments(b, self._values(f, so_far))) for b, f in zip(blocks, firsts, strict=True)]
        try:
            self._on_threads(calls)
        except Exception:  # of a block behind one that has left the loop, maybe
            self._leave_first(firsts)
            raise
        self._leave_first(firsts)

    def _share_scan(self, blocks: list[range], done: int) -> None:
        """Do blocks on several threads, each of which needs what those before it have put together: all but the first and the last are
        summed up while the first is done, then the rest is done."""
        scan = self.region.scan
        assert scan is not None
        left = len(self.numbers) - done
        size = -(-left // (self.threads + 1))
        blocks, firsts = self._cut(done, size), list(range(done, len(self.numbers), size))
        before = self._so_far()
        if scan.how == "+" and not isinstance(before.get(scan.name, self._given(scan.name)), (int, *_integers())):
            for block, first in zip(blocks, firsts, strict=True):
                self._do(block, first)
            return
        part, summary, arguments = self.region.part.function, self.region.summary, self.region.arguments
        found: dict[int, tuple[Any, ...]] = {}
        start = None if scan.how in ("+", "^") else before  # what is met twice does not count twice
        beginning = (self.results, firsts[0], part, arguments(blocks[0], self._values(firsts[0], before)))
        self._on_threads([beginning, *((found, k, summary, arguments(blocks[k], self._values(firsts[k], start))) for k in range(1, len(blocks) - 1))])
        names, starts = (scan.name, *scan.companions), [self._so_far()]
        for k in range(1, len(blocks) - 1):
            if k not in found:
                break
            together = _combine(scan.how, tuple(starts[-1][n] for n in names), found[k], None)
            starts.append(dict(zip(names, together, strict=True)))
        self._on_threads([(self.results, firsts[k], part, arguments(blocks[k], self._values(firsts[k], start))) for k, start in enumerate(starts, 1)])
        for k in range(len(starts) + 1, len(blocks)):
            self._do(blocks[k], firsts[k])

    def _on_threads(self, calls: list[tuple[dict[int, Any], int, Any, tuple[Any, ...]]]) -> None:
        """Do calls: where the result goes, under which key, the function and its arguments. Raises what the first of those that fail has raised, when
        those before it are done. (A summary that fails has nothing to say: what it raised comes again, when the block is done.)"""
        prepared = [(function, arguments) for _, _, function, arguments in calls]
        together, threads = prepare_together(prepared), min(self.threads, len(calls))
        outcomes = together.do(threads) if together is not None else call_in_python(prepared, threads)
        self.together = together
        raised: BaseException | None = None
        for (results, key, _, _), (how, value) in zip(calls, outcomes, strict=True):
            if how == DONE:
                results[key] = value
            elif how == RAISED and raised is None and (results is self.results or not isinstance(value, Exception)):
                raised = value
        if raised is not None:
            raise raised

    def _do(self, block: range, first: int, start: dict[str, Any] | None = None) -> None:
        """Do a block; `start` is what a scan begins with, by default what the blocks so far have put together."""
        self.results[first] = self.region.do(block, self._values(first, self._so_far() if start is None else start))
        self._leave(first)

    def _leave_first(self, firsts: list[int]) -> None:
        for first in takewhile(self.results.__contains__, firsts if self.found.leaves else ()):
            self._leave(first)

    def _leave(self, first: int) -> None:
        """Raise `_Left` when an iteration of the block has left the loop."""
        if self.found.leaves and self.results[first][-2] != THROUGH:
            raise _Left(first)

    def _values(self, first: int, start: dict[str, Any] | None) -> tuple[Any, ...]:
        """The inputs of a block."""
        if self.region.is_plain:
            return self.values
        values = list(self.values)
        ways = {r.name: r for r in self.found.reductions if start is None or not r.steps}
        for k, name in enumerate(self.found.inputs):
            if start and name in start:
                values[k] = start[name]
            elif name in self.found.histograms and (self.is_cut or self.is_shared):
                values[k] = self.own.setdefault(first, {})[name] = _zeros_like(values[k])
            elif first and name in ways and ways[name].how in ("+", "*", "^"):
                values[k] = _identity(ways[name].how, values[k])
            elif first and name in ways and ways[name].how == "call":
                values[k] = self.region.associative[ways[name].function][1]
        return tuple(values)

    def _so_far(self) -> dict[str, Any]:
        """What the blocks that are done have put together in a scan."""
        scan = self.region.scan
        if scan is None or not self.results:
            return {}
        latest = dict(zip(self.region.outputs, self.results[max(self.results)], strict=True))
        return {name: latest[name] for name in (scan.name, *scan.companions)}

    def _given(self, name: str) -> Any:
        return self.values[self.found.inputs.index(name)]

    def _add_histograms(self) -> None:
        """What blocks have added to arrays of their own, in order."""
        for first in sorted(self.own):
            for name, own in self.own[first].items():
                self._given(name).__iadd__(own)

    def _put_together(self) -> Any:
        outputs = self.region.outputs
        if not outputs:
            return None
        latest = self.results[max(self.results)]
        if self.found.leaves and latest[-2] == RETURNED:
            return latest
        ordered = [dict(zip(outputs, self.results[first], strict=True)) for first in sorted(self.results)]
        final = dict(ordered[-1])
        for reduction in self.found.reductions:
            if reduction.steps:
                continue  # the last block has it
            names = (reduction.name, *reduction.companions)
            parts = [tuple(result[n] for n in names) for result in ordered]
            function, _ = self.region.associative.get(reduction.function, (None, None))
            final.update(zip(names, _reduce(reduction.how, parts, self._given(reduction.name), function), strict=True))
        return tuple(final[n] for n in outputs)


def _reduce(how: str, parts: list[tuple[Any, ...]], first: Any, function: Callable[..., Any] | None) -> tuple[Any, ...]:
    """The parts in pairs, neighbours first, until one is left."""
    while len(parts) > 1:
        pairs = [_combine(how, parts[k], parts[k + 1], first, function) for k in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[2 * len(pairs) :]
    return parts[0]


def _combine(how: str, a: tuple[Any, ...], b: tuple[Any, ...], first: Any, function: Callable[..., Any] | None = None) -> tuple[Any, ...]:
    if function is not None:
        return (function(a[0], b[0]),)
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


def _integers() -> tuple[type, ...]:
    import numpy

    return (numpy.integer,)


def _zeros_like(array: Any) -> Any:
    """An array nothing has been added to, apart from whatever another thread writes to."""
    import numpy

    apart = -(-_APART // array.itemsize)
    room = numpy.full(array.size + 2 * apart, _nothing(array), array.dtype)
    return room[apart:-apart].reshape(array.shape)


def _nothing(array: Any) -> float:
    """What changes nothing when it is added to an element: see `_identity`."""
    return -0.0 if array.dtype.kind in "fc" else 0
