"""This module says what the tables of a report hold, in whatever form they are shown."""

from __future__ import annotations

from accel.tuning.texts import show_arguments, show_count, show_ratio, show_text, show_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accel.tuning.entry import Entry
    from accel.tuning.landscape import Landscape

__all__ = ["CANDIDATES", "describe_entry", "describe_failures", "list_candidates"]

CANDIDATES = 10  # of the fastest are listed

_REASONS = 10


def describe_entry(entry: Entry, landscape: Landscape) -> list[tuple[str, str]]:
    """What is told of an entry besides the candidates: a word and a text each."""
    failed = sum(map(len, landscape.failures.values()))
    candidates = f" of {show_count(len(entry.tried), 'candidate')}, {failed or 'none'} failed" if entry.tried else ""
    search = [part for part in (entry.strategy, f"{show_count(entry.trials, 'trial')}{candidates}") if part]
    made = [part for part in (entry.when, entry.version and f"accel {entry.version}", entry.python and f"Python {entry.python}") if part]
    told = [
        ("chosen", show_arguments(entry.arguments)),
        ("time", f"{show_time(entry.time_ns)}, {show_ratio(entry.default_ns, entry.time_ns)} as fast as the default ({show_time(entry.default_ns)})"),
        ("search", ", ".join(search)),
        ("machine", entry.hardware or entry.machine),
        ("when", ", ".join(made)),
    ]
    return [(word, text) for word, text in told if text]


def describe_failures(landscape: Landscape) -> list[tuple[str, str]]:
    """Why candidates are out, and which: the first of each reason by name."""
    told = []
    for reason, failed in list(landscape.failures.items())[:_REASONS]:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        told.append((show_arguments(failed[0]) + more, show_text(reason)))
    left_out = sum(map(len, list(landscape.failures.values())[_REASONS:]))
    return told + ([(f"{left_out} more", "other reasons")] if left_out else [])


def list_candidates(entry: Entry, landscape: Landscape) -> list[tuple[str, str, str]]:
    """The fastest candidates: what, time, ratio to the default."""
    best = landscape.times[:CANDIDATES]
    return [(show_arguments(arguments), show_time(time_ns), show_ratio(entry.default_ns, time_ns)) for arguments, time_ns in best]
