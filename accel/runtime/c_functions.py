"""C functions of Python's made of machine code. Calls by ctypes have other exceptions, and take longer."""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["ONE_ARGUMENT", "make_c_function"]

ONE_ARGUMENT, _FASTCALL = 0x08, 0x80


class _Definition(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


def make_c_function(name: str, address: int, owner: object = None, *, flags: int = _FASTCALL) -> Callable[..., Any]:
    """A function of machine code that takes (self, arguments, their number), or (self, argument) under `ONE_ARGUMENT`; `owner` is what it gets as self."""
    key = name, address, flags
    if key not in _definitions:
        _definitions[key] = _Definition(name.encode(), address, flags, None)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(_definitions[key]))  # functions refer to theirs, to the end of the interpreter
    thing = ctypes.py_object
    new = ctypes.PYFUNCTYPE(thing, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(("PyCFunction_NewEx", ctypes.pythonapi))
    function: Callable[..., Any] = new(ctypes.addressof(_definitions[key]), None if owner is None else id(owner), None)
    return function


_definitions: dict[tuple[str, int, int], _Definition] = {}
