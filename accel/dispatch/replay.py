"""Runs of parallel loops that are done as the last one was, by machine code alone (`accel.lower.replay`)."""

from __future__ import annotations

from array import array
from functools import lru_cache

from accel.dispatch.carriers import stubs
from accel.dispatch.tracing import tracing_symbols
from accel.runtime.c_functions import make_c_function
from accel.runtime.image import Image, Loaded
from accel.runtime.pool import pool, thread_symbols
from accel.runtime.stubs import REPLAY_STATE
from accel.runtime.symbols import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import Any

    from accel.dispatch.tasks import Together

__all__ = ["ABSENT", "Replay", "Row"]

ABSENT = object()  # what a name stands for that is not there
Row = tuple[dict[str, object], str, object]  # a name, and what it stands for in a dictionary
_GOOD = (0, None)  # what a run of a loop gives (`Part.answer`)
_WORD = dict(zip(REPLAY_STATE, range(len(REPLAY_STATE)), strict=True))
_IDLE, _ARMED, _BUSY = 0, 1, 2


class Replay:
    """What a driver calls for one loop.

    Attributes
    ----------
    runs : int
        How often a run was done as the last one.
    """

    def __init__(self) -> None:
        self._state = array("q", [0] * len(REPLAY_STATE))
        self._held: Any = None  # what the state has addresses of

    def make_function(self, run: Callable[..., Any], failed: Callable[[BaseException | None], Any]) -> Callable[..., Any]:
        """A function of a range and inputs: `run` does what is not known, `failed` gives the answer when it got an exception, or tasks did. The inputs are those of
        the range's driver, always as many."""
        return make_c_function("replay", _load()["replay"], (self._state.buffer_info()[0], run, failed))

    @property
    def is_busy(self) -> bool:
        """Whether a run is under way, in another thread or around this one: what it does must stay as it is."""
        return self._state[_WORD["armed"]] == _BUSY

    @property
    def runs(self) -> int:
        return self._state[_WORD["runs"]]

    def disarm(self) -> None:
        """Do no run as the last one from now on."""
        self._state[_WORD["armed"]] = _IDLE

    def keep(self, together: Together, numbers: range, limits: tuple[int, ...], rows: Sequence[Row]) -> None:
        """Take calls for those that do all iterations, where inputs behind `limits` make the first of them, and names outside stand for the same things."""
        self.disarm()
        table = array("q", [word for space, name, value in rows for word in (id(space), id(name), 0 if value is ABSENT else id(value))])
        begin = array("q", map(id, limits))
        prepare, look = together.look
        self._held = together, numbers, limits, rows, table, begin, look
        frame, count = together.frame
        self._set(
            range=id(numbers), rows=table.buffer_info()[0], row_count=len(rows), limits=begin.buffer_info()[0], limit_count=len(limits), prepare=prepare,
            room=len(look), look=look.buffer_info()[0], do=pool().address("do_tasks"), frame=frame, count=count, good=id(_GOOD),
        )  # fmt: skip

    def arm(self, code: CodeType, threads: int, own: int, until_ns: int) -> None:
        """Do so on `threads` threads from now on, as long as nobody looks on at the driver, whose code this is (and lives as long as what it calls), the thread was
        told to use `own` threads (-1: any number will do), and it is not later."""
        self._set(code=id(code), threads=threads, own=own, until=until_ns, armed=_ARMED)

    def _set(self, **words: int) -> None:
        for name, value in words.items():
            self._state[_WORD[name]] = value


@lru_cache(maxsize=1)
def _load() -> Loaded:
    from accel.runtime.stubs import REPLAY_IMAGE

    own = {"recheck": stubs()["recheck"], **thread_symbols(), **tracing_symbols()}
    return Loaded(Image.loads(bytes.fromhex(REPLAY_IMAGE)), lambda name: own[name] if name in own else resolve(name))
