"""Addresses of what machine code imports by name: functions of CPython, libc, libm and NumPy."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["NUMPY_API", "resolve"]

# Positions in NumPy's table of C functions (its public ABI).
NUMPY_API = {
    "PyArray_DescrFromType": 45, "PyArray_Scalar": 60, "PyArray_NewFromDescr": 94, "PyArray_SetBaseObject": 282,
}  # fmt: skip
_libraries: list[ctypes.CDLL] = []


def _numpy_table() -> int:
    numpy = sys.modules.get("numpy._core._multiarray_umath")
    if numpy is None:
        return 0
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return pointer(numpy._ARRAY_API, None) or 0


def _find_loop(name: str, char: str) -> tuple[int, int]:
    """Addresses of the inner loop of a ufunc all of whose operands have this dtype, and of its data.

    They stand in the ufunc object (`PyUFuncObject`, part of NumPy's public ABI).
    """
    numpy = sys.modules["numpy"]
    ufunc = getattr(numpy, name)
    nargs = ctypes.c_int.from_address(id(ufunc) + 24).value
    loops, data = (ctypes.c_void_p.from_address(id(ufunc) + at).value or 0 for at in (32, 40))
    count = ctypes.c_int.from_address(id(ufunc) + 48).value
    types = ctypes.c_void_p.from_address(id(ufunc) + 64).value or 0
    wanted = bytes([numpy.dtype(char).num] * nargs)
    for k in range(count):
        if ctypes.string_at(types + k * nargs, nargs) == wanted:
            return tuple(ctypes.c_void_p.from_address(table + 8 * k).value or 0 if table else 0 for table in (loops, data))  # type: ignore[return-value]
    raise KeyError(name)


def resolve(name: str) -> int:
    """Address of an external symbol.

    `libm.pow` is libm's `pow`; a name of `NUMPY_API` is 0 as long as NumPy has not been imported. `ufunc.loop.exp.d` is the inner loop of
    `numpy.exp` for float64, `ufunc.aux.exp.d` what it is called with.

    Raises
    ------
    KeyError
        When there is no such symbol.
    """
    if name in NUMPY_API:
        table = _numpy_table()
        return (ctypes.c_void_p.from_address(table + 8 * NUMPY_API[name]).value or 0) if table else 0
    if name.startswith(("ufunc.loop.", "ufunc.aux.")):
        _, part, ufunc, char = name.split(".")
        return _find_loop(ufunc, char)[part == "aux"]
    if not _libraries:
        _libraries.extend((ctypes.pythonapi, ctypes.CDLL(None), ctypes.CDLL("libm.so.6")))
    for library in _libraries:
        try:
            return ctypes.cast(getattr(library, name.removeprefix("libm.")), ctypes.c_void_p).value or 0
        except AttributeError:
            continue
    raise KeyError(name)
