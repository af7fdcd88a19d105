"""Calls of compiled functions on several threads. Where machine code is there for the arguments they are prepared before, and need the GIL no more."""

from __future__ import annotations

import ctypes

from accel.dispatch.dispatcher import find_dispatcher
from accel.runtime.pool import pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FunctionType
    from typing import Any

    from accel.runtime.image import Loaded

    Call = tuple[FunctionType, tuple[Any, ...]]

__all__ = ["DONE", "RAISED", "SKIPPED", "call_on_threads"]

DONE, RAISED, SKIPPED = "done", "raised", "skipped"
_ITEMS = 24  # offset of the items of a tuple


def call_on_threads(calls: Sequence[Call], threads: int) -> list[tuple[str, Any]]:
    """Call functions, each with its arguments, on so many threads, this one included.

    Returns
    -------
    list of tuple
        For each call DONE and what it gave, RAISED and the exception, or SKIPPED and None. Those before the first that raised are done.

    Raises
    ------
    BaseException
        What gets out of a handler of signals.
    """
    tasks = []
    for call in calls:
        task = _prepare(*call)
        if task is None:
            return _call_in_python(calls, threads)
        tasks.append(task)
    statuses, given = pool().tasks([(task.does, ctypes.addressof(task.room)) for task in tasks], threads)
    names = {0: DONE, 1: RAISED, 2: DONE, -1: SKIPPED}
    return [(names[s], task.result() if s == 0 else value) for task, s, value in zip(tasks, statuses, given, strict=True)]


def _call_in_python(calls: Sequence[Call], threads: int) -> list[tuple[str, Any]]:
    outcomes: list[tuple[str, Any]] = [(SKIPPED, None)] * len(calls)

    def do(k: int) -> None:
        function, arguments = calls[k]
        try:
            outcomes[k] = DONE, function(*arguments)
        except Exception as error:
            outcomes[k] = RAISED, error
            raise

    try:
        pool().each(do, len(calls), 1, threads)
    except Exception:
        if not any(how == RAISED for how, _ in outcomes):
            raise
    return outcomes


class _Task:
    """A call that is ready: `does` is the address of what does it, with `room`."""

    def __init__(self, does: int, room: Any, finish: Callable[[int], Any]) -> None:
        self.does, self.room, self._finish = does, room, finish

    def result(self) -> Any:
        """What a call whose status was 0 has given. To be asked for once."""
        return self._finish(ctypes.addressof(self.room))


def _prepare(function: FunctionType, arguments: tuple[Any, ...]) -> _Task | None:
    """The call as a task, if there is machine code for it that fits."""
    dispatcher = find_dispatcher(function)
    for entry in dispatcher.entries if dispatcher is not None else ():
        if "call.do" in entry.loaded.image.exports:
            room_type, prepare, does, finish = _functions(entry.loaded)
            room = room_type()
            if prepare(id(arguments) + _ITEMS, ctypes.addressof(room)):
                return _Task(does, room, finish)
    return None


def _functions(loaded: Loaded) -> tuple[Any, Callable[..., Any], int, Callable[..., Any]]:
    """The type of rooms, and what prepares, does and finishes a call."""
    known = _known.get(loaded.base)  # where an image lies there never is another one
    if known is None:
        words = ctypes.PYFUNCTYPE(ctypes.c_int64)(loaded["call.words"])()
        pointer = ctypes.c_void_p
        prepare = ctypes.PYFUNCTYPE(ctypes.c_int64, pointer, pointer)(loaded["call.prepare"])
        finish = ctypes.PYFUNCTYPE(ctypes.py_object, pointer)(loaded["call.finish"])
        known = _known[loaded.base] = (ctypes.c_int64 * words, prepare, loaded["call.do"], finish)
    return known


_known: dict[int, tuple[Any, Any, int, Any]] = {}
