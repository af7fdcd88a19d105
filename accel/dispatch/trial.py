"""Finds out whether compiled code that keeps leaving for CPython is slower than CPython: it times some calls of both.

Compiled code that never leaves is not slower. Leaving takes some 20 us, so that calls which leave once in a millisecond lose next to
nothing by it; those that leave more often are timed, first compiled, then in CPython, by machine code in front of what serves them.
"""

from __future__ import annotations

from time import perf_counter_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from accel.dispatch.meter import Meter

    class Owner(Protocol):
        """What serves the calls of a function."""

        def compiled_address(self) -> int:
            """Of compiled code; 0 when that does not serve calls."""

        def counting_address(self, calls: int) -> int:
            """Of what runs so many calls in CPython and asks about the next one (`answer_call`); 0 likewise."""

        def detour(self, address: int | None) -> None:
            """Send calls to an address; with None, to compiled code again."""

        def retire(self, slower: float) -> None:
            """Compiled code takes `slower` times as long as CPython."""

__all__ = ["Trial"]

_WATCHED = 64  # exits from one look to the next
_TIMED = 32  # exits in the calls that are timed
_LONGEST_GAP_NS = 1_000_000
_MOST_WATCHED = 1 << 20


class Trial:
    """Times the calls of one function when they leave compiled code often. It is told of whom with each call, and keeps nobody alive."""

    def __init__(self) -> None:
        self._meter: Meter | None = None
        self._watched = _WATCHED
        self._watch()

    def _watch(self) -> None:
        self._exits, self._since_ns, self._stage = 0, perf_counter_ns(), "watching"

    def note_exit(self, owner: Owner) -> None:
        """Compiled code has left."""
        self._exits += 1
        if self._stage == "watching" and self._exits >= self._watched:
            gap_ns = (perf_counter_ns() - self._since_ns) / self._exits
            self._watch()
            if gap_ns < _LONGEST_GAP_NS:
                self._start(owner)
        elif self._stage == "compiled" and self._exits >= _TIMED:
            self._batch, self._own_ns, self._stage = 0, 0, "plain"
            self._detour(owner, owner.counting_address(0))
        elif self._stage == "plain" and self._exits >= 2 * _TIMED:  # it is served by compiled code still
            self._end(owner)

    def _start(self, owner: Owner) -> None:
        from accel.dispatch.meter import Meter

        self._meter = self._meter or Meter()
        self._compiled, self._before = (0, 0), self._meter.finished
        self._stage = "compiled"
        self._detour(owner, owner.compiled_address())

    def _detour(self, owner: Owner, address: int) -> None:
        if address and self._meter is not None:
            owner.detour(self._meter.send_to(address))
        else:
            self._end(owner)

    @property
    def is_plain(self) -> bool:
        """Whether calls are those of CPython now, to be timed."""
        return self._stage == "plain"

    def answer_call(self, owner: Owner) -> None:
        """Some calls in CPython have been timed (before the first: those of compiled code)."""
        start_ns, meter, batch = perf_counter_ns(), self._meter, self._batch  # other threads may be here, too
        assert meter is not None
        now = meter.finished
        if not batch:
            self._compiled, self._before = _difference(now, self._before), now
        compiled_calls, compiled_ns = self._compiled
        plain_calls, plain_ns = _difference(now, self._before)
        plain_ns -= self._own_ns
        if not compiled_calls or plain_ns > compiled_ns:
            self._end(owner)
        elif plain_calls >= compiled_calls:
            self._end(owner, compiled_ns / compiled_calls * plain_calls / max(plain_ns, 1))
        else:
            self._batch = max(1, min(2 * batch, compiled_calls))
            self._detour(owner, owner.counting_address(self._batch))
            self._own_ns += perf_counter_ns() - start_ns

    def _end(self, owner: Owner, slower: float = 1.0) -> None:
        self._watched = min(4 * self._watched, _MOST_WATCHED)
        self._watch()
        if slower > 1.0:
            owner.retire(slower)
        else:
            owner.detour(None)


def _difference(now: tuple[int, int], before: tuple[int, int]) -> tuple[int, int]:
    return now[0] - before[0], now[1] - before[1]
