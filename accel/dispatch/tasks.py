"""Calls of compiled functions on several threads. Where machine code is there for the arguments they are prepared before, and need the GIL no more."""

from __future__ import annotations

import ctypes
from array import array

from accel.dispatch.arguments import bind_arguments
from accel.dispatch.dispatcher import find_dispatcher
from accel.runtime.interrupt import find_tripped
from accel.runtime.pool import MOST_THREADS, pool
from accel.types.kinds import Int

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FunctionType
    from typing import Any

    from accel.ir import Entry
    from accel.runtime.image import Loaded

    Call = tuple[FunctionType, tuple[Any, ...]]

__all__ = ["DONE", "RAISED", "SKIPPED", "Together", "call_each", "call_in_python", "prepare_together"]

DONE, RAISED, SKIPPED = "done", "raised", "skipped"
_NAMES = {0: DONE, 1: RAISED, 2: DONE, -1: SKIPPED}
_ALL = -1  # what a region gives when all is done
_ITEMS = 24  # offset of the items of a tuple
_AT_ONCE = 4096  # tasks of one region


def prepare_together(calls: Sequence[Call]) -> Together | None:
    """Calls for which there is machine code, each with its arguments, ready to be done; None if there is none for one of them."""
    tasks = []
    for call in calls:
        task = _prepare(*call)
        if task is None:
            return None
        tasks.append(task)
    return Together(tasks)


class Together:
    """Calls that are prepared. They may be done again, as long as what they were prepared from lives, and is what it was."""

    def __init__(self, tasks: list[_Task]) -> None:
        self._tasks = tasks
        self._table = _Table(array("q", [word for task in tasks for word in (task.does, task.place, 0)]))
        self._look = array("q", bytes(tasks[0].room))
        self._gives = any(task.finish is not None for task in tasks)

    def fits(self, arguments: tuple[Any, ...]) -> bool:
        """Whether the first call would be prepared from these arguments as it was, to the last word: addresses, lengths, numbers."""
        task = self._tasks[0]
        room = type(task.room)()
        return bool(task.prepare(id(arguments) + _ITEMS, ctypes.addressof(room))) and bytes(room) == self._look.tobytes()

    @property
    def look(self) -> tuple[int, array[int]]:
        """The address of what prepares the first call, and what the arguments came to."""
        return self._tasks[0].entry.loaded["call.prepare"], self._look

    @property
    def frame(self) -> tuple[int, int]:
        """What a region of the pool takes for them: its frame, and their number."""
        return self._table.place, len(self._tasks)

    def do(self, threads: int) -> list[tuple[str, Any]]:
        """Do them on so many threads, this one included.

        Returns
        -------
        list of tuple
            For each call DONE and what it gave, RAISED and the exception, or SKIPPED and None. Those before the first that raised are done.

        Raises
        ------
        BaseException
            What gets out of a handler of signals.
        """
        answer, given = self._table.do(threads)
        if answer == _ALL and not self._gives and all(value is None for value in given):
            return [(DONE, None)] * len(self._tasks)
        return self._outcomes(given)

    def outcomes(self) -> list[tuple[str, Any]]:
        """The same, of a region that machine code has opened."""
        return self._outcomes(self._table.take())

    def _outcomes(self, given: list[Any]) -> list[tuple[str, Any]]:
        return [
            (_NAMES[status], task.result() if status == 0 else value)
            for task, status, value in zip(self._tasks, self._table.words[2::3], given, strict=True)
        ]


class _Table:
    """Tasks as machine code of the pool takes them: `words` are three for each, the address of what does it, that of its room, and what has become of it."""

    def __init__(self, words: array[int]) -> None:
        self.words, self._count = words, len(words) // 3
        self._given: list[Any] = [None] * self._count
        self._frame = array("q", [words.buffer_info()[0], *[0] * 7, id(self._given), 0, find_tripped()])
        self.place = self._frame.buffer_info()[0]

    def do(self, threads: int) -> tuple[int, list[Any]]:
        """Do them: what the region gives, and what each has raised, or given in CPython."""
        answer = pool().tasks(self.place, self._count, min(threads, MOST_THREADS))
        return answer, self.take()

    def take(self) -> list[Any]:
        """What each has raised, or given in CPython. To be asked for once."""
        given = self._given[:]
        self._given[:] = [None] * self._count
        return given


def call_each(function: Any, count: int, arguments: tuple[Any, ...], keywords: Mapping[str, Any], threads: int) -> int:
    """Call `function(k, *arguments, **keywords)` for each k of `range(count)` in machine code that needs no Python and gives None. How many are done: all, none if
    there can't be such code, or only the first: that is how there comes to be some, and how it learns of new globals.

    Raises
    ------
    BaseException
        What the lowest of the calls that failed has raised; those before it are done. KeyboardInterrupt ends all.
    """
    dispatcher = find_dispatcher(function)
    if dispatcher is None or not dispatcher.options.nogil:
        return 0
    bound = bind_arguments(function, (0, *arguments, *keywords.values()), 1 + len(arguments), tuple(keywords))
    if bound is None:
        return 0
    held, done = tuple(bound), 0
    while done < count:
        rooms = _find_rooms(dispatcher.entries, held, done, min(_AT_ONCE, count - done))
        if rooms is None:
            if done or not all(map(_is_free, dispatcher.entries)) or (dispatcher.diagnostics and not dispatcher.entries):
                return done
            function(0, *arguments, **keywords)
            done = 1
            continue
        rooms.do(threads)
        rooms.give_back()
        done += rooms.count
    return count


class _Rooms:
    """Calls of one function with the same arguments but for the first, which is a number, as tasks. They are kept for others, as making them takes longer than a region."""

    def __init__(self, entry: Entry, count: int) -> None:
        room, self._prepare, does, _ = _functions(entry.loaded)
        size = ctypes.sizeof(room)
        self.count, self._key, self._words = count, (entry.loaded.base, count), size // 8
        self._rooms = array("q", bytes(size * count))
        self._place = self._rooms.buffer_info()[0]
        self._table = _Table(array("q", [word for k in range(count) for word in (does, self._place + size * k, 0)]))

    def fill(self, arguments: tuple[Any, ...], first: int) -> bool:
        """Take arguments, in the order of the parameters, for calls with the numbers from `first` on. Whether they fit."""
        if not self._prepare(id(arguments) + _ITEMS, self._place):
            return False
        self._rooms[self._words :] = self._rooms[: self._words] * (self.count - 1)
        self._rooms[:: self._words] = array("q", range(first, first + self.count))  # the number is the first word, and an int
        return True

    def do(self, threads: int) -> None:
        """Do them, or raise what the lowest that failed has raised; KeyboardInterrupt goes before."""
        answer, given = self._table.do(threads)
        if answer != _ALL:
            raised = [value for value, status in zip(given, self._table.words[2::3], strict=True) if status == 1]
            raise next((error for error in raised if isinstance(error, KeyboardInterrupt)), raised[0])

    def give_back(self) -> None:
        """Let others have them."""
        if self.count <= _KEPT:
            if len(_idle) >= _MOST_IDLE:
                _idle.clear()  # most of them of functions that are gone
            _idle.setdefault(self._key, []).append(self)


_KEPT = 64  # calls at most of what is kept
_MOST_IDLE = 256
_idle: dict[tuple[int, int], list[_Rooms]] = {}  # where the machine code lies, and how many calls: taken and given back by single, atomic operations


def _find_rooms(entries: Sequence[Entry], arguments: tuple[Any, ...], first: int, count: int) -> _Rooms | None:
    """The calls as tasks, if there is machine code for them that needs no Python."""
    for entry in entries:
        kept = _idle.get((entry.loaded.base, count))
        try:
            rooms = kept.pop() if kept else None
        except IndexError:  # another thread was faster
            rooms = None
        if rooms is None and _is_free(entry):
            rooms = _Rooms(entry, count)
        if rooms is not None:
            if rooms.fill(arguments, first):
                return rooms
            rooms.give_back()
    return None


def _is_free(entry: Entry) -> bool:
    """Whether machine code takes the number of a call, needs no Python, and gives None."""
    exports = entry.loaded.image.exports
    return "call.do" in exports and "call.finish" not in exports and entry.signature.kinds[:1] == (Int(),)


def call_in_python(calls: Sequence[Call], threads: int) -> list[tuple[str, Any]]:
    """Call functions, as `Together.do`: each takes the GIL to begin and to end."""
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
    """A call that is ready: `does` is the address of what does it, with the room at `place`."""

    __slots__ = ("does", "entry", "finish", "place", "prepare", "room")

    def __init__(self, entry: Entry) -> None:
        room, self.prepare, self.does, self.finish = _functions(entry.loaded)
        self.entry = entry
        self.room: Any = room()
        self.place = ctypes.addressof(self.room)

    def result(self) -> Any:
        """What a call whose status was 0 has given. To be asked for once."""
        return None if self.finish is None else self.finish(self.place)


def _prepare(function: FunctionType, arguments: tuple[Any, ...]) -> _Task | None:
    """The call as a task, if there is machine code for it that fits."""
    dispatcher = find_dispatcher(function)
    for entry in dispatcher.entries if dispatcher is not None else ():
        if "call.do" in entry.loaded.image.exports:
            task = _Task(entry)
            if task.prepare(id(arguments) + _ITEMS, task.place):
                return task
    return None


def _functions(loaded: Loaded) -> tuple[Any, Callable[..., Any], int, Callable[..., Any] | None]:
    """The type of rooms, and what prepares, does and finishes a call; nothing finishes one that gives None."""
    known = _known.get(loaded.base)  # where an image lies there never is another one
    if known is None:
        words = ctypes.PYFUNCTYPE(ctypes.c_int64)(loaded["call.words"])()
        pointer = ctypes.c_void_p
        prepare = ctypes.PYFUNCTYPE(ctypes.c_int64, pointer, pointer)(loaded["call.prepare"])
        finish = ctypes.PYFUNCTYPE(ctypes.py_object, pointer)(loaded["call.finish"]) if "call.finish" in loaded.image.exports else None
        known = _known[loaded.base] = (ctypes.c_int64 * words, prepare, loaded["call.do"], finish)
    return known


_known: dict[int, tuple[Any, Any, int, Any]] = {}
