"""Arrays whose value has been moved to another object: which they are, and the word that machine code asks whether there are any."""

from __future__ import annotations

import ctypes
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["is_moved", "mark_moved", "moved_word"]

_count = ctypes.c_int64(0)
_moved: dict[int, weakref.ref[Any]] = {}  # by address, as arrays can't be hashed


def mark_moved(array: Any) -> None:
    """Note that the value of an array is another object's now. It can't be written any more, so that machine code looks twice at those only."""
    number = id(array)
    _moved[number] = weakref.ref(array, lambda _: _drop(number))
    array.flags.writeable = False
    _count.value = len(_moved)


def is_moved(value: Any) -> bool:
    """Whether this is such an array, and nobody has made it writeable again."""
    found = _moved.get(id(value))
    array: Any = None if found is None else found()
    return array is not None and array is value and not array.flags.writeable


def moved_word() -> int:
    """Address of the number of such arrays that are alive, 8 bytes."""
    return ctypes.addressof(_count)


def _drop(number: int) -> None:
    _moved.pop(number, None)
    _count.value = len(_moved)
