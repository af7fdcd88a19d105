"""This module is how kernels share tasks among threads."""

from __future__ import annotations

from collections.abc import Callable

from accel.threads import num_threads, parallel_for

__all__ = ["share"]

_RANGES = 4  # for each thread: whoever is late has fewer of them


def share(do: Callable[[int, int], object], count: int, threads: int | None = None) -> None:
    """Do all of so many tasks: `do(first, end)` does those of a range."""
    threads = num_threads() if threads is None else threads
    if threads == 1 or count == 1:
        do(0, count)
        return
    size = -(-count // (_RANGES * threads))
    parallel_for(lambda part: do(part * size, min(count, (part + 1) * size)), -(-count // size), schedule="dynamic")
