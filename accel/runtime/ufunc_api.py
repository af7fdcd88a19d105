"""NumPy's C functions for universal functions, called through their table: to make one, and to add loops and promoters."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["UfuncApi", "ufunc_api"]

_FROM_FUNCTIONS, _ADD_LOOP, _ADD_PROMOTER = 42, 43, 44  # places in the table (public ABI of NumPy 2)
_NO_IDENTITY, _IDENTITY_VALUE = -1, -3
_REDUCTION_INITIAL, _STRIDED_LOOP = 4, 5
_REQUIRES_PYAPI, _NO_FLOAT_ERRORS = 1, 2
_NO_CASTING = 0


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class _Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("nin", ctypes.c_int), ("nout", ctypes.c_int), ("casting", ctypes.c_int), ("flags", ctypes.c_int),
        ("dtypes", ctypes.c_void_p), ("slots", ctypes.c_void_p),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class UfuncApi:
    """The functions, ready to be called."""

    from_functions: Any
    register_loop: Any
    register_promoter: Any

    def make(self, name: str, doc: str, nin: int, nout: int, identity: tuple[Any, ...] = ()) -> Any:
        """A ufunc without loops; `identity` holds the value of reductions of nothing, if there is one."""
        texts = name.encode(), doc.encode()
        _kept.append(texts)  # NumPy keeps the addresses
        kind, value = (_IDENTITY_VALUE, identity[0]) if identity else (_NO_IDENTITY, None)
        return self.from_functions(None, None, None, 0, nin, nout, kind, *texts, 0, None, value)

    def add_loop(self, ufunc: Any, dtypes: Sequence[type], address: int, start: int = 0) -> None:
        """Give a ufunc the loop at an address, for operands of these dtype classes; `start` is the address of what sets the first
        element of a reduction, if there is an identity."""
        classes = (ctypes.c_void_p * len(dtypes))(*map(id, dtypes))
        loop, first = _Slot(_STRIDED_LOOP, address), _Slot(_REDUCTION_INITIAL if start else 0, start or None)
        slots = (_Slot * 3)(loop, first, _Slot(0, None))
        flags = _REQUIRES_PYAPI | _NO_FLOAT_ERRORS
        name = ufunc.__name__.encode()
        places = ctypes.addressof(classes), ctypes.addressof(slots)
        self.register_loop(ufunc, ctypes.byref(_Spec(name, ufunc.nin, ufunc.nout, _NO_CASTING, flags, *places)))
        _kept.append(name)

    def add_promoter(self, ufunc: Any, address: int) -> None:
        """Have the function at an address asked for operands that no loop takes."""
        import numpy

        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        self.register_promoter(ufunc, (numpy.dtype,) * ufunc.nargs, make(address, _PROMOTER, None))


_PROMOTER = b"numpy._ufunc_promoter"
_kept: list[Any] = []


@lru_cache(maxsize=1)
def ufunc_api() -> UfuncApi:
    """NumPy's functions. Imports NumPy."""
    from numpy._core import _multiarray_umath

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    table = pointer(_multiarray_umath._UFUNC_API, None)

    def function(place: int, result: Any, *types: Any) -> Any:
        address = ctypes.c_size_t.from_address(table + 8 * place).value
        return ctypes.PYFUNCTYPE(result, *types)(address)

    thing, whole, pointer_, text = ctypes.py_object, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p
    return UfuncApi(
        function(_FROM_FUNCTIONS, thing, pointer_, pointer_, pointer_, whole, whole, whole, whole, text, text, whole, text, thing),
        function(_ADD_LOOP, whole, thing, pointer_),
        function(_ADD_PROMOTER, whole, thing, thing, thing),
    )
