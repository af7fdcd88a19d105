"""Finds CPython's own word "a signal has arrived", which compiled loops read to notice Ctrl-C.

The word is set by CPython's C-level signal handler and cleared when the Python handlers run. It lies in the first pages of
`_PyRuntime` (`signals.is_tripped` from 3.12 on, `ceval.signals_pending` before) but has no name one could import, so it is found by
watching memory: a thread that is not the main one marks a spare signal as arrived (only the main thread may run handlers, and it
waits meanwhile). The int that went from 0 to 1 and back to 0, for two different signals, is the one.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the C half of `signal`, which takes a while to import
import _thread
import ctypes
import sys

__all__ = ["find_tripped"]

_REACH_BYTES = 4096
_nothing = ctypes.c_int(0)  # what loops read when the word is not known: they then notice no signal
_found: list[int] = []


def find_tripped() -> int:
    """Address of the word.

    Only the main thread can look for it; elsewhere, and where it can't be found, it is the address of a word that stays 0.
    """
    if _found:
        return _found[0]
    if _thread.get_ident() != _main_thread():
        return ctypes.addressof(_nothing)
    runtime = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    hits = _changes(runtime, _signal.SIGRTMAX - 1) & _changes(runtime, _signal.SIGRTMAX - 2)
    _found.append(min(hits) if hits else ctypes.addressof(_nothing))
    return _found[0]


def _main_thread() -> int:
    threading = sys.modules.get("threading")
    return threading.main_thread().ident if threading else _thread.get_ident()


def _changes(start: int, spare: int) -> set[int]:
    """Addresses of ints that are 0, then 1 while the signal is marked, then 0 when its handler has run."""
    copies: list[bytes] = []
    done = _thread.allocate_lock()
    done.acquire()

    def mark() -> None:
        copies.append(ctypes.string_at(start, _REACH_BYTES))
        ctypes.pythonapi.PyErr_SetInterruptEx(spare)
        copies.append(ctypes.string_at(start, _REACH_BYTES))
        done.release()

    interval = sys.getswitchinterval()
    previous = _signal.signal(spare, lambda number, frame: None)
    try:
        sys.setswitchinterval(10.0)  # the main thread must not run in between
        _thread.start_new_thread(mark, ())
        done.acquire()
        copies.append(ctypes.string_at(start, _REACH_BYTES))
    finally:
        sys.setswitchinterval(interval)
        _signal.signal(spare, _signal.SIG_DFL if previous is None else previous)
    before, marked, after = (memoryview(c).cast("i") for c in copies)
    return {start + 4 * k for k in range(len(before)) if (before[k], marked[k], after[k]) == (0, 1, 0)}
