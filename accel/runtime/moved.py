"""Arrays whose value has been moved to another object: which they are, and the word that machine code asks whether there are any."""

from __future__ import annotations

import ctypes
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["is_moved", "mark_moved", "mark_with", "moved_word"]

_count = ctypes.c_int64(0)
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_count))  # machine code counts in it while the interpreter ends
_marks: dict[int, weakref.ref[Any]] = {}  # those that Python made, by their own address, as arrays can't be hashed


def _unmark(mark: weakref.ref[Any]) -> None:
    _marks.pop(id(mark), None)
    _count.value -= 1


_callbacks: list[Callable[[weakref.ref[Any]], object]] = [_unmark]


def mark_moved(array: Any) -> None:
    """Note that the value of an array is another object's now. It can't be written any more, so that machine code looks twice at those only."""
    mark = weakref.ref(array, _unmark)
    _marks[id(mark)] = mark
    _count.value += 1
    array.flags.writeable = False


def is_moved(value: Any) -> bool:
    """Whether this is such an array, and nobody has made it writeable again."""
    if not _count.value:
        return False
    return any(mark.__callback__ is one for mark in weakref.getweakrefs(value) for one in _callbacks) and not value.flags.writeable


def mark_with(unmark: Callable[[weakref.ref[Any]], object]) -> None:
    """Take weak references with this callback for marks, too."""
    _callbacks.append(unmark)


def moved_word() -> int:
    """Address of the number of such arrays that are alive, 8 bytes."""
    return ctypes.addressof(_count)
