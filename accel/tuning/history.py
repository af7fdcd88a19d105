"""This module keeps what a search has found out: the times of candidates, and which of them failed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from accel.tuning.space import Candidate

__all__ = ["History"]


class History:
    """The measurements of a search so far; a strategy decides by it what to measure next.

    Attributes
    ----------
    times_ns : dict of candidate to list of float
        Each measurement of a candidate: nanoseconds of one call.
    failures : dict of candidate to str
        Why a candidate is out: it raised, crashed, took too long, or gave another result.
    count : int
        Measurements and failures together, that is what counts against a budget in trials.

    Examples
    --------
    >>> from accel.tuning import History
    >>> history = History()
    >>> history.add((0,), 120.0)
    >>> history.add((1,), 100.0)
    >>> history.fail((2,), "raised ValueError: tile")
    >>> history.best(), history.count
    ((1,), 3)
    """

    __slots__ = ("count", "failures", "times_ns")

    def __init__(self) -> None:
        self.times_ns: dict[Candidate, list[float]] = {}
        self.failures: dict[Candidate, str] = {}
        self.count = 0

    def add(self, candidate: Candidate, time_ns: float) -> None:
        """Note one measurement."""
        self.times_ns.setdefault(candidate, []).append(time_ns)
        self.count += 1

    def fail(self, candidate: Candidate, reason: str) -> None:
        """Note that a candidate is out; what was measured of it counts no more."""
        self.times_ns.pop(candidate, None)
        self.failures[candidate] = reason
        self.count += 1

    def is_new(self, candidate: Candidate) -> bool:
        """Whether nothing is known about a candidate."""
        return candidate not in self.times_ns and candidate not in self.failures

    def time_ns(self, candidate: Candidate) -> float:
        """What a call with a candidate takes: the median of its measurements; infinite when it failed or was never measured."""
        found = sorted(self.times_ns.get(candidate, ()))
        return (found[len(found) // 2] + found[(len(found) - 1) // 2]) / 2 if found else float("inf")

    def ranked(self, candidates: Iterable[Candidate] | None = None) -> list[Candidate]:
        """Candidates that work, the fastest first: all, or these."""
        known = self.times_ns if candidates is None else [c for c in candidates if c in self.times_ns]
        return sorted(known, key=self.time_ns)

    def best(self) -> Candidate | None:
        """The fastest candidate so far; None when nothing was measured."""
        return min(self.times_ns, key=self.time_ns, default=None)
