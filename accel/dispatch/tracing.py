"""When calls have to be plain Python: while a tracer, profiler or monitoring tool looks on, or accel is switched off.

Compiled code asks CPython's own words, at about half a nanosecond a call. In 3.11 that is the flag "this thread is traced". From 3.12
on it is the version that CPython gives the state of all tools: as long as it is the one last found quiet, nobody looks. Tools that
look at single functions do not change it; those leave their mark in the code object.
"""

from __future__ import annotations

import ctypes
import sys
from types import CodeType

from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Layout", "find_layout", "is_watched", "lend_calls", "suspend", "tracing_symbols"]

_api = ctypes.pythonapi
_suspended = ctypes.c_int64(0)  # how many have switched compiled code off: `disabled()`, and code deep in the stack
_quiet = ctypes.c_uint64(2**64 - 1)  # the version last found quiet
_VERSION = sys.version_info[:2]
_NESTED = 200  # calls of C code inside one another, before functions are called in another way
_SPARE_TOOLS = (4, 3)  # numbers without a name of their own


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets in a thread state, and what else is asked.

    `limit` is the recursion limit, just behind what is left of it; `profile` and `trace` are the functions of the two kinds of
    tracers; `frame` leads to the flag of 3.11 and `watch` is the offset, from the interpreter, of the version of the tools.
    `monitoring` is where a code object holds the events that are on for it alone.
    """

    limit: int
    frame: int
    profile: int
    trace: int
    watch: int
    monitoring: int


_LAYOUTS = {
    (3, 11): Layout(36, 56, 64, 72, 0, 0),
    (3, 12): Layout(32, 56, 64, 72, 48, 168),
    (3, 13): Layout(48, 72, 80, 88, 0, 176),
}
_RUNTIME_REACH = 1024  # bytes of _PyRuntime in which 3.11 keeps the current thread state
_found: list[Layout | None] = []
_keep: list[Any] = []


def find_layout() -> Layout | None:
    """The layout of this interpreter, checked against live objects once; None when it is another one."""
    if not _found:
        layout = None if "t" in sys.abiflags else _LAYOUTS.get(_VERSION)  # free-threaded objects are laid out differently
        _found.append(layout if layout is not None and _is_right(layout) else None)
    return _found[0]


def _word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _thread() -> int:
    get = _api.PyThreadState_Get
    get.restype = ctypes.c_void_p
    found: int = get()
    return found


def _interpreter() -> int:
    get = _api.PyInterpreterState_Get
    get.restype = ctypes.c_void_p
    found: int = get()
    return found


def _is_right(layout: Layout) -> bool:
    thread, limit = _thread(), sys.getrecursionlimit()
    held, left = (ctypes.c_int.from_address(thread + layout.limit - back).value for back in (0, 4))
    if held != limit or not 0 < left <= limit:
        return False
    traced = _word(thread + layout.profile) != 0, _word(thread + layout.trace) != 0
    if traced != (sys.getprofile() is not None, sys.gettrace() is not None):
        return False
    return _thread_word() != 0 if _VERSION < (3, 12) else _is_version_right(layout)


def _thread_word() -> int:
    """Address of the word that holds the current thread state in 3.11; 0 if it is not found."""
    runtime, thread = ctypes.addressof(ctypes.c_char.in_dll(_api, "_PyRuntime")), _thread()
    found = [at for at in range(runtime, runtime + _RUNTIME_REACH, 8) if _word(at) == thread]
    return found[-1] if found else 0  # before it lies the one that last held the GIL


def _probe() -> None:
    pass


def _is_version_right(layout: Layout) -> bool:
    """Switch an event on that touches no code, and one for a function of our own, and see whether both show."""
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
    tool = next((k for k in _SPARE_TOOLS if monitoring.get_tool(k) is None), None)
    if tool is None:
        return True  # all taken: go by the table
    version, code = _interpreter() + layout.watch, id(_probe.__code__)
    before = _word(version)
    monitoring.use_tool_id(tool, "accel")
    try:
        monitoring.set_events(tool, monitoring.events.RAISE)
        changed = _word(version) != before
        monitoring.set_events(tool, 0)
        monitoring.set_local_events(tool, _probe.__code__, monitoring.events.PY_START)
        _probe()
        data = _word(code + layout.monitoring)
        marked = data != 0 and any(ctypes.string_at(data, 10))
        monitoring.set_local_events(tool, _probe.__code__, 0)
        _probe()
        return changed and marked and _word(code + layout.monitoring) == data and not any(ctypes.string_at(data, 10))
    finally:
        monitoring.free_tool_id(tool)


def lend_calls(number: int) -> None:
    """Have the recursion limit leave this thread more calls; who makes them takes them back."""
    layout = find_layout()
    if layout is not None:
        ctypes.c_int.from_address(_thread() + layout.limit - 4).value += number


def suspend(on: bool) -> None:
    """Have every call run as plain Python, or no longer."""
    _suspended.value += 1 if on else -1
    _quiet.value = 2**64 - 1


def is_watched(function: Callable[..., object]) -> bool:
    """Whether calls of a function are to run as plain Python now, in this thread."""
    if _suspended.value or sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    return _VERSION >= (3, 12) and _has_tools(getattr(function, "__code__", None))


def _has_tools(code: CodeType | None) -> bool:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
    in_use = [k for k in range(6) if monitoring.get_tool(k) is not None]
    return any(monitoring.get_events(k) or (isinstance(code, CodeType) and monitoring.get_local_events(k, code)) for k in in_use)


def _nested_least(layout: Layout) -> int:
    """From 3.12 on calls that C code makes are counted apart. How many of them are left when a hundred or two have been made."""
    return max(0, ctypes.c_int.from_address(_thread() + layout.limit + 4).value - _NESTED) if _VERSION >= (3, 12) else 0


def tracing_symbols() -> dict[str, int]:
    """What machine code asks, by the names it imports."""
    layout = find_layout()
    assert layout is not None
    words = {
        "accel.suspended": ctypes.addressof(_suspended), "accel.quiet": ctypes.addressof(_quiet),
        "accel.offset.limit": layout.limit, "accel.offset.profile": layout.profile, "accel.offset.trace": layout.trace,
        "accel.offset.frame": layout.frame, "accel.offset.monitoring": layout.monitoring,
        "accel.offset.nested": 0 if _VERSION < (3, 12) else layout.limit + 4, "accel.nested": _nested_least(layout),
        "accel.version": 0, "accel.thread": 0, "accel.get_tool": 0, "accel.get_events": 0,
    }  # fmt: skip
    if _VERSION < (3, 12):
        return words | {"accel.thread": _thread_word()}
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
    asked = {"accel.get_tool": monitoring.get_tool, "accel.get_events": monitoring.get_events}
    _keep.append(asked)
    return words | {name: id(function) for name, function in asked.items()} | {"accel.version": _interpreter() + layout.watch}
