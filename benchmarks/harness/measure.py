"""This module times implementations in turns, each in this process or in one that waits meanwhile."""

from __future__ import annotations

import contextlib
import gc
import time
import timeit
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.harness.apart import Call
from benchmarks.harness.rivals import RivalError, describe_fault

SLOW_S = 0.25  # a call that takes this long is timed in few rounds
SLOW_ROUNDS = 2
TARGET_S = 0.01  # of one turn


def interleave(
    calls: Mapping[str, Callable[[], Any]], *, rounds: int, rest_s: float = 0.0, faults: dict[str, str] | None = None
) -> dict[str, list[float]]:
    """Nanoseconds per call, for each round; every round gives each call its turn, beginning with another one each time.

    With `rest_s`, a turn begins with so many seconds of sleep and a call that is not timed. A process that dies has no more turns; why goes to `faults`.
    """
    loops: dict[str, int] = {}
    for name, call in calls.items():
        with note_fault(name, faults):
            loops[name] = choose_loops(call)
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            shift = turn % len(names)
            for name in names[shift:] + names[:shift]:
                if name in (faults or ()) or (turn >= SLOW_ROUNDS and not loops[name]):
                    continue
                with note_fault(name, faults):
                    if rest_s:
                        time.sleep(rest_s)
                        calls[name]()
                    times[name].append(time_calls(calls[name], max(1, loops[name])))
    finally:
        gc.enable()
    return times


@contextlib.contextmanager
def note_fault(name: str, faults: dict[str, str] | None) -> Iterator[None]:
    """Why a process died goes to the faults, where there are any; else it is raised."""
    try:
        yield
    except RivalError as error:
        if faults is None:
            raise
        faults[name] = describe_fault(error)


def choose_loops(call: Callable[[], Any]) -> int:
    """How many calls fill one turn; 0 for a call that is slow."""
    fastest = time_calls(call, 1)
    if fastest < SLOW_S * 1e9:
        fastest = min(fastest, time_calls(call, 1), time_calls(call, 1))
    return 0 if fastest >= SLOW_S * 1e9 else max(1, int(TARGET_S * 1e9 / fastest))


def time_calls(call: Callable[[], Any], count: int) -> float:
    """Nanoseconds per call over `count` calls; a call in another process is timed there."""
    if isinstance(call, Call):
        return call.time_calls(count)
    turns = range(count)
    start = time.perf_counter_ns()
    for _ in turns:
        call()
    return max(1.0, (time.perf_counter_ns() - start) / count)


def interleave_statements(
    statements: Mapping[str, tuple[str, dict[str, Any]]], *, rounds: int, count: int
) -> dict[str, list[float]]:
    """The same for statements that are too short for a call around them: nanoseconds per execution, for each round."""
    timers = {name: timeit.Timer(text, globals=space) for name, (text, space) in statements.items()}
    for timer in timers.values():
        timer.timeit(3000)
    times: dict[str, list[float]] = {name: [] for name in timers}
    names = list(timers)
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(timers[name].timeit(count) / count * 1e9)
    return times
