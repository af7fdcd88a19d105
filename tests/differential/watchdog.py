"""A limit on the time a piece of code may take, by a signal in this process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TooLong", "time_limit"]


class TooLong(BaseException):
    """The time is over; not an Exception, so that no program catches it."""


def _raise(*_: object) -> None:
    raise TooLong


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooLong inside the block after so many seconds of work (others may keep the machine busy), again and again while it goes on."""
    before = signal.signal(signal.SIGPROF, _raise)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
