"""Words in the memory of classes, 3.11 to 3.13: their version, what makes their objects, where a slot lies in those."""

from __future__ import annotations

import ctypes
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["VERSION_OFFSET", "find_class_version", "find_offset", "set_maker"]

VERSION_OFFSET = 384  # in a class, 32 bits
_VECTORCALL = 400  # in a class
_MEMBER, _OFFSET = 40, 16  # in the descriptor of a slot, and in what it refers to


def find_class_version(class_: type) -> int:
    """A number that another one takes the place of when anything about a class changes; 0 if there is none."""
    word = ctypes.c_uint32.from_address(id(class_) + VERSION_OFFSET)
    if not word.value:
        getattr(class_, "__doc__", None)  # a lookup gives it one
    return word.value


def find_offset(slot: Any) -> int:
    """Where a slot lies in an object, given its descriptor."""
    member = ctypes.c_uint64.from_address(id(slot) + _MEMBER).value
    return ctypes.c_ssize_t.from_address(member + _OFFSET).value


def set_maker(class_: type, address: int) -> bool:
    """Have a `vectorcall` function serve the calls of a class. False, and nothing done, where something does already, or classes are laid out otherwise."""
    word = ctypes.c_uint64.from_address(id(class_) + _VECTORCALL)
    if not _is_right() or word.value or _vectorcall_of(class_):
        return False
    word.value = address
    return True


@lru_cache(maxsize=1)
def _is_right() -> bool:
    """Whether the word is the one that a call of a class reads."""
    held = ctypes.c_uint64.from_address(id(list) + _VECTORCALL).value
    return held != 0 and _vectorcall_of(list) == held


def _vectorcall_of(class_: type) -> int:
    find = ctypes.pythonapi.PyVectorcall_Function
    find.restype, find.argtypes = ctypes.c_void_p, (ctypes.py_object,)
    return find(class_) or 0
