"""This module searches while a program runs: its own calls are the measurements, so that no call is made but those it makes, and one with each new candidate."""

from __future__ import annotations

import threading
import time

from accel.tuning.child import try_candidates
from accel.tuning.history import History
from accel.tuning.measure import LEVEL, is_faster
from accel.tuning.search import Outcome, make_outcome, make_reference
from accel.tuning.snapshot import Snapshot
from accel.tuning.strategies import find_strategy
from accel.tuning.variants import Variants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.tuning.settings import Settings
    from accel.tuning.space import Candidate

__all__ = ["OnlineSearch"]

_CALLS_PER_CANDIDATE, _MOST_CALLS = 20, 2000  # that are measured, when the budget says how much time they may take, and not how many they are
_TIMEOUT_S = 10.0
_COMPARED = 12  # measurements of both, to compare the winner with the default


class OnlineSearch:
    """A search over many calls with one key.

    Parameters
    ----------
    function : callable
        What is tuned.
    settings : Settings
        How. Of a budget in seconds the time counts which the calls take that are measured.
    """

    def __init__(self, function: Callable[..., Any], settings: Settings) -> None:
        self._settings, self._space = settings, settings.space
        self._variants = Variants(function, self._space)
        budget = settings.budget
        trials = budget.trials if budget.trials is not None else min(_MOST_CALLS, _CALLS_PER_CANDIDATE * len(self._space))
        self._strategy = find_strategy(settings.strategy)(self._space, trials=trials, seed=settings.seed)
        self.history = History()
        self._good = {self._space.default}
        self._spent_s = 0.0
        self._lock = threading.Lock()  # calls of other threads meanwhile use the default

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Outcome | None]:
        """Do a call; give its result, and what the search has found when that was the last one it needed.

        Raises
        ------
        Exception
            What the function raises with the default candidate.
        """
        default = self._space.default
        if not self._lock.acquire(blocking=False):
            return self._run(default, args, kwargs), None
        try:
            asked = (self._strategy.ask(self.history) if self._is_within_budget() else ()) or self._find_doubtful()
            if not asked:
                return self._run(default, args, kwargs), self._decide()
            if asked[0] in self._good:
                return self._measure(asked[0], args, kwargs), None
            return self._try(asked[0], args, kwargs), None
        finally:
            self._lock.release()

    def _is_within_budget(self) -> bool:
        return self.history.count < self._strategy.trials and self._spent_s < self._settings.budget.seconds

    def _find_doubtful(self) -> list[Candidate]:
        """The default or the winner, as long as there are too few measurements to compare them: a strategy calls rarely what it takes to be slow."""
        best, times = self.history.best(), self.history.times_ns
        if best is None or best == self._space.default:
            return []
        rarest = min((self._space.default, best), key=lambda c: len(times.get(c, ())))
        return [rarest] if len(times.get(rarest, ())) < _COMPARED else []

    def _run(self, candidate: Candidate, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        arguments = self._space.arguments(candidate)
        return self._variants.find(arguments)(*args, **kwargs, **arguments)

    def _measure(self, candidate: Candidate, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do a call with a candidate that is known to be good. Should it raise, the default does the call instead, which may raise the same."""
        before = Snapshot(args, kwargs) if candidate != self._space.default else None
        if before is not None and before.problem is not None:
            return self._run(self._space.default, args, kwargs)
        chosen = self._space.arguments(candidate)
        function = self._variants.find(chosen)
        start_ns = time.perf_counter_ns()
        try:
            result = function(*args, **kwargs, **chosen)
        except Exception as error:
            if before is None:
                raise
            self.history.fail(candidate, f"raised {type(error).__name__} in a later call")
            before.restore()
            return self._run(self._space.default, args, kwargs)
        took_ns = time.perf_counter_ns() - start_ns
        self._spent_s += took_ns / 1e9
        self.history.add(candidate, float(took_ns))
        return result

    def _try(self, candidate: Candidate, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do a call with the default, and have a new candidate do the same in a child process."""
        before = Snapshot(args, kwargs)
        result = self._measure(self._space.default, args, kwargs)
        before.narrow()
        reference = make_reference(before, result, self._settings)
        after = Snapshot(args, kwargs)
        try:
            trials = try_candidates(
                [candidate], lambda c: self._run(c, args, kwargs), check=reference.find_difference, restore=before.restore,
                timeout_s=self._settings.timeout_s or _TIMEOUT_S, memory_bytes=self._settings.memory_bytes,
            )  # fmt: skip
            for verdict in trials:
                if verdict.reason is None:
                    self._good.add(candidate)
                    self.history.add(candidate, verdict.time_ns)
                else:
                    self.history.fail(candidate, verdict.reason)
        finally:
            after.restore()
        return result

    def _decide(self) -> Outcome:
        """The fastest candidate that is faster than the default beyond the noise: samples of both are compared in the order they were taken."""
        default = self._space.default
        times = self.history.times_ns.get(default, [])
        chosen = default
        for candidate in self.history.ranked():
            if candidate == default:
                break
            own = self.history.times_ns[candidate]
            count = min(len(own), len(times))
            if is_faster(own[-count:], times[-count:], LEVEL):
                chosen = candidate
                break
        return make_outcome(chosen, self.history, default)
