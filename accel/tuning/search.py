"""This module does a search: it runs the default candidate, lets a strategy choose others, has them tried and timed, and says which one wins."""

from __future__ import annotations

import time
from functools import partial

from accel.tuning.agreement import Reference
from accel.tuning.child import try_candidates
from accel.tuning.history import History
from accel.tuning.measure import Stopwatch, find_noise, is_noisy
from accel.tuning.snapshot import Snapshot
from accel.tuning.strategies import find_strategy
from accel.tuning.variants import Variants
from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from accel.tuning.progress import Progress
    from accel.tuning.settings import Settings
    from accel.tuning.space import Candidate
    from accel.tuning.strategies.strategy import Strategy

__all__ = ["Outcome", "Search", "Untunable", "make_outcome", "make_reference"]

_LEAST_TIMEOUT_S = 1.0  # what a candidate may compile takes its time, too
_TIMEOUT_FACTOR = 20.0  # times what the default takes
_TIMEOUT_PART = 0.5  # of the budget
_PART_FOR_SEARCH = 0.8  # of the budget; the rest is for the comparison with the default
_FINALISTS = 3  # candidates that are compared with the default, best first
_LEAST_TRIALS, _MOST_TRIALS = 16, 100_000
_OVERHEAD_S = 0.002  # of a measurement
_HOPELESS = 4.0  # a candidate whose trial took so many times as long as the best is not timed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search has found.

    Attributes
    ----------
    chosen : Candidate
        The winner; the default when none beats it beyond the noise.
    history : History
        All measurements.
    noise : float
        The spread of the measurements of the default, as a part of their median.
    """

    chosen: Candidate
    history: History
    noise: float


class Untunable(Exception):
    """Arguments, or a result, with which nothing can be tried more than once: the reason, and the result of the call, if it was made."""


def make_reference(before: Snapshot, result: object, settings: Settings) -> Reference:
    """What a call has made, to compare others with; `before` was taken before it.

    Raises
    ------
    Untunable
        When nothing can be compared with it, or the arguments can't be put back.
    """
    problem = before.problem
    if problem is None:
        reference = Reference(before, result, rtol=settings.rtol or None, atol=settings.atol or None)
        problem = reference.problem
    if problem is not None:
        raise Untunable(problem, result)
    return reference


def make_outcome(chosen: Candidate, history: History, default: Candidate) -> Outcome:
    """What a search has found, with the noise if there was much."""
    times = history.times_ns.get(default, [])
    return Outcome(chosen, history, find_noise(times) if is_noisy(times) else 0.0)


class Search:
    """One search: for one function, one key, with the arguments of one call.

    Parameters
    ----------
    function : callable
        What is tuned.
    settings : Settings
        How.
    args, kwargs : tuple and dict
        What it is called with. They are left as they were.

    Raises
    ------
    Untunable
        For arguments that can't be copied, so that they could not be put back.
    """

    def __init__(self, function: Callable[..., Any], settings: Settings, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self._settings, self._space = settings, settings.space
        self._args, self._kwargs = args, kwargs
        self._before = Snapshot(tuple(args), kwargs)
        if self._before.problem is not None:
            raise Untunable(self._before.problem)
        self.history = History()
        self.was_interrupted = False
        self._variants = Variants(function, self._space)
        self._good: set[Candidate] = {self._space.default}
        self._hopeless: set[Candidate] = set()

    def run(self, progress: Progress | None = None) -> Outcome:
        """Search until the strategy has no more, or the budget is spent. Ctrl-C ends it, too: the best so far is chosen then.

        Raises
        ------
        Exception
            What the default candidate raises; the arguments are then as it left them.
        """
        default, budget = self._space.default, self._settings.budget
        called_s = time.monotonic()
        result = self._call(default)
        start_s = time.monotonic()  # what a program has to wait for anyway does not count
        took_s = start_s - called_s
        try:
            is_changed = self._before.narrow()
            self._reference = make_reference(self._before, result, self._settings)
            watch = Stopwatch(self._prepare, restore=self._before.restore_changed if is_changed else None, seed=self._settings.seed)
            search_s = start_s + _PART_FOR_SEARCH * budget.seconds
            watch.measure([default], self.history)
            strategy = self._make_strategy(took_s)
            while time.monotonic() < search_s and (left := strategy.trials - self.history.count) > 0:
                batch = self._try(strategy.ask(self.history), took_s, search_s)
                if batch is None:
                    break
                watch.measure(batch[:left], self.history, search_s)
                if progress is not None:
                    progress.update(self.history, self._space)
            chosen = self._find_winner(watch, start_s + budget.seconds)
        except KeyboardInterrupt:
            chosen = self.history.best() or default
            self.was_interrupted = True
        finally:
            self._before.restore()
        return make_outcome(chosen, self.history, default)

    def _call(self, candidate: Candidate) -> Any:
        return self._prepare(candidate)()

    def _prepare(self, candidate: Candidate) -> Callable[[], Any]:
        arguments = self._space.arguments(candidate)
        return partial(self._variants.find(arguments), *self._args, **self._kwargs, **arguments)

    def _make_strategy(self, took_s: float) -> Strategy:
        """The strategy. How many measurements fit into the budget is estimated: half of them are of new candidates, which take as long as the first call."""
        budget, once_s = self._settings.budget, self.history.time_ns(self._space.default) / 1e9
        fitting = _PART_FOR_SEARCH * budget.seconds / (took_s / 2.0 + 2.0 * once_s + _OVERHEAD_S)
        trials = budget.trials if budget.trials is not None else max(_LEAST_TRIALS, int(min(fitting, _MOST_TRIALS)))
        return find_strategy(self._settings.strategy)(self._space, trials=trials, seed=self._settings.seed)

    def _try(self, asked: Sequence[Candidate], took_s: float, until_s: float) -> list[Candidate] | None:
        """Which of these candidates are to be timed: those that are new are tried in a child process first. None when the search is over."""
        timeout_s = self._settings.timeout_s or max(_LEAST_TIMEOUT_S, min(_TIMEOUT_FACTOR * took_s, _TIMEOUT_PART * self._settings.budget.seconds))
        new = [c for c in dict.fromkeys(asked) if c not in self._good and c not in self.history.failures]
        trials = try_candidates(
            new, self._call, check=self._reference.find_difference, restore=self._before.restore,
            timeout_s=timeout_s, memory_bytes=self._settings.memory_bytes, until_s=until_s,
        )  # fmt: skip
        for verdict in trials:
            if verdict.reason is not None:
                self.history.fail(verdict.candidate, verdict.reason)
                continue
            self._good.add(verdict.candidate)
            best = self.history.best()
            if best is not None and verdict.time_ns > _HOPELESS * self.history.time_ns(best):
                self.history.add(verdict.candidate, verdict.time_ns)
                self._hopeless.add(verdict.candidate)
        known = [c for c in asked if c in self._good and c not in self._hopeless]
        return known if asked and (known or new) else None

    def _find_winner(self, watch: Stopwatch, until_s: float) -> Candidate:
        """The fastest candidate that beats the default beyond the noise, else the default."""
        default = self._space.default
        finalists = [c for c in self.history.ranked() if c != default and c not in self._hopeless][:_FINALISTS]
        for candidate in finalists:
            if watch.beats(candidate, default, self.history, until_s=until_s):
                return candidate
        return default
