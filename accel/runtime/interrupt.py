"""Signals: holds them back while accel works, and finds CPython's own word "a signal has arrived", which compiled loops read.

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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find_tripped", "hold_signals"]

_REACH_BYTES = 4096
_nothing = ctypes.c_int(0)  # what loops read when the word is not known: they then notice no signal
_found: list[int] = []


class hold_signals:  # noqa: N801  a context manager reads as a verb here
    """Context manager: signal handlers wait until its end, so that what they raise is not mixed up with what happens inside.

    Handlers run in the main thread only; elsewhere it does nothing. KeyboardInterrupt, if Ctrl-C has no handler of its own, comes at
    once. (To mask signals would not do: the system then gives them to another thread, and CPython calls the handler all the same.)
    """

    def __enter__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._noted: list[int] = []
        if _thread.get_ident() != _main_thread():
            return
        try:
            for number in _signal.valid_signals():
                handler = _signal.getsignal(number)
                if callable(handler) and handler is not _signal.default_int_handler:
                    self._handlers[number] = handler
                    _signal.signal(number, self._note)
        except BaseException:  # from a handler that was due
            self._restore()
            raise

    def __exit__(self, *exception: object) -> None:
        if self._handlers:
            self._restore()
            self._repeat()

    def _note(self, number: int, frame: object) -> None:
        self._noted.append(number)

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            _signal.signal(number, handler)

    def _repeat(self) -> None:
        if self._noted:
            try:
                _signal.raise_signal(self._noted.pop(0))
            finally:
                self._repeat()


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
