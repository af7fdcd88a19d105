"""This module lays out what a search has tried, for texts and pictures: times over two parameters, and how the best got better."""

from __future__ import annotations

from itertools import accumulate

from accel.tuning.texts import show_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from accel.tuning.entry import Entry

__all__ = ["Landscape"]


class Landscape:
    """What a search has tried.

    Parameters
    ----------
    entry : Entry
        Its outcome.

    Attributes
    ----------
    times : list of (arguments, float)
        The candidates that work, the fastest first, with nanoseconds.
    failures : dict of str to list of arguments
        Those that do not, by reason, the most frequent first.
    axes : tuple of str
        Up to two parameters, those on which the time depends most.
    rows, columns : list of str
        The values of the second and of the first of them; one row without a name when there is no second.
    grid : list of list of float or None
        By row and column, the least time over all other parameters; infinite where all candidates failed, None where none was tried.
    progress : list of float
        The least time after each candidate that works, in the order they were first measured.

    Examples
    --------
    >>> from accel.tuning import Entry
    >>> tried = [[{"tile": 16, "unroll": 1}, 300.0], [{"tile": 32, "unroll": 1}, 200.0], [{"tile": 32, "unroll": 2}, "raised ValueError"]]
    >>> found = Landscape(Entry("work:f", "c0", "[]", "avx2-0", {"tile": 32, "unroll": 1}, 200.0, 300.0, 3, tried))
    >>> found.axes, found.columns, found.rows, found.grid
    (('tile', 'unroll'), ['16', '32'], ['1', '2'], [[300.0, 200.0], [None, inf]])
    """

    def __init__(self, entry: Entry) -> None:
        measured = [(arguments, float(outcome)) for arguments, outcome in entry.tried if not isinstance(outcome, str)]
        self.times = sorted(measured, key=lambda trial: trial[1])
        reasons: dict[str, list[dict[str, Any]]] = {}
        for arguments, outcome in entry.tried:
            if isinstance(outcome, str):
                reasons.setdefault(outcome, []).append(arguments)
        self.failures = dict(sorted(reasons.items(), key=lambda found: -len(found[1])))
        self.progress = list(accumulate([time_ns for _, time_ns in measured], min))
        everything = [*measured, *[(arguments, float("inf")) for failed in reasons.values() for arguments in failed]]
        self.axes = _choose_axes(everything)
        self.columns = _values_of(self.axes[0], everything) if self.axes else []
        self.rows = _values_of(self.axes[1], everything) if self.axes[1:] else [""] * bool(self.axes)
        self.grid = self._lay_out(everything)

    def _lay_out(self, everything: list[tuple[dict[str, Any], float]]) -> list[list[float | None]]:
        least: dict[tuple[str, ...], float] = {}
        for arguments, time_ns in everything:
            at = tuple([show_value(arguments.get(name)) for name in self.axes])
            least[at] = min(time_ns, least.get(at, time_ns))
        return [[least.get((column, row) if row else (column,)) for column in self.columns] for row in self.rows]


def _choose_axes(everything: list[tuple[dict[str, Any], float]]) -> tuple[str, ...]:
    """The parameters with the largest ratio of the best times with different values, in the order they are written."""
    effects: dict[str, float] = {}
    for name in everything[0][0] if everything else ():
        least: dict[str, float] = {}
        for arguments, time_ns in everything:
            value = show_value(arguments.get(name))
            least[value] = min(time_ns, least.get(value, time_ns))
        works = [time_ns for time_ns in least.values() if time_ns < float("inf")]
        if len(least) > 1:
            effects[name] = max(works, default=1.0) / max(min(works, default=1.0), 1e-9)
    chosen = sorted(effects, key=lambda name: -effects[name])[:2]
    return tuple([name for name in effects if name in chosen])


def _values_of(name: str, everything: list[tuple[dict[str, Any], float]]) -> list[str]:
    """The values that were tried as texts: numbers by size, others as they come."""
    found: dict[str, Any] = {show_value(arguments.get(name)): arguments.get(name) for arguments, _ in everything}
    if all(type(value) in (int, float) for value in found.values()):
        return sorted(found, key=found.__getitem__)
    return list(found)
