"""What can be seen of a value, an exception or a warning, as plain tuples that compare by bits and exact types."""

from __future__ import annotations

import importlib.util
import math
import struct
import traceback
import types
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from accel.types import SIMD

__all__ = ["describe", "describe_exception", "describe_warning"]

Description = Any
_DEEPEST = 6
_PACKAGE = tuple(f"{place}/" for place in getattr(importlib.util.find_spec("accel"), "submodule_search_locations", ()))
_STRUCTS = tuple(f"{place}{file}" for place in _PACKAGE for file in ("types/", "dispatch/structs.py"))  # what structs are in CPython


def describe(value: object, arguments: Sequence[object] = (), depth: int = 0) -> Description:
    """Type and bits of a value; sign and payload of NaN are left out; an argument handed back is named."""
    for index, argument in enumerate(arguments):
        if value is argument and not isinstance(value, _REBUILT) and not hasattr(type(value), "__accel_layout__") and not _is_frozen(value):
            return ("argument", index)
    if depth > _DEEPEST:
        return ("deep", _type_name(value))
    if isinstance(value, np.ndarray):
        return _describe_array(value, arguments, depth)
    if hasattr(type(value), "__accel_layout__") or hasattr(type(value), "__accel_struct__"):
        return _describe_struct(value, arguments, depth)
    if isinstance(value, SIMD):
        return (_type_name(value), _bits(np.asarray(value), depth))
    if _is_frozen(value):
        return (_type_name(value), tuple(describe(getattr(value, name, ...), arguments, depth + 1) for name in value.__slots__))  # type: ignore[attr-defined]
    if isinstance(value, np.generic):
        return (_type_name(value), value.dtype.str, value.dtype.num, _bits(np.asarray(value), depth))
    if isinstance(value, _PLAIN):
        return (_type_name(value), int(value) if isinstance(value, int) else value)
    if isinstance(value, float):
        return (_type_name(value), _float_bits(value))
    if isinstance(value, complex):
        return (_type_name(value), _float_bits(value.real), _float_bits(value.imag))
    if isinstance(value, tuple | list):
        return (_type_name(value), tuple(describe(item, arguments, depth + 1) for item in value))
    if isinstance(value, dict):
        pairs = tuple((describe(k, (), depth + 1), describe(v, arguments, depth + 1)) for k, v in value.items())
        return (_type_name(value), pairs)
    if isinstance(value, set | frozenset):
        return (_type_name(value), tuple(sorted(repr(describe(item, (), depth + 1)) for item in value)))
    if isinstance(value, slice):
        return ("slice", *(describe(part, (), depth + 1) for part in (value.start, value.stop, value.step)))
    if isinstance(value, types.FunctionType | type):
        return (_type_name(value), value.__qualname__)
    if isinstance(value, BaseException):
        return (_type_name(value), str(value))
    return (_type_name(value),)


_PLAIN = (bool, int, str, bytes, range, type(None))
_REBUILT = (int, float, complex, tuple, str, bytes, type(None), np.generic, SIMD)


def _is_frozen(value: object) -> bool:
    """Whether it is of a frozen dataclass with slots, whose objects are values."""
    return "__slots__" in vars(type(value)) and getattr(vars(type(value)).get("__dataclass_params__"), "frozen", False)


def _type_name(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def _float_bits(value: float) -> str:
    return "nan" if math.isnan(value) else struct.pack(">d", value).hex()


def _describe_array(array: np.ndarray[Any, Any], arguments: Sequence[object], depth: int) -> Description:
    shared = tuple(i for i, a in enumerate(arguments) if isinstance(a, np.ndarray) and np.may_share_memory(a, array))
    strides = array.strides if array.size > 1 else ()
    layout = (array.shape, strides, array.flags.writeable, shared)
    return (_type_name(array), array.dtype.str, array.dtype.num, *layout, _bits(np.asarray(array), depth))


def _describe_struct(value: Any, arguments: Sequence[object], depth: int) -> Description:
    """A struct, or a record and the arrays it is a part of: class and fields."""
    is_record = isinstance(value, np.void)
    names = value.dtype.names if is_record else type(value).__slots__
    shared = tuple(i for i, a in enumerate(arguments) if is_record and isinstance(a, np.ndarray) and np.may_share_memory(a, np.asarray(value)))
    return (_type_name(value), shared, tuple((name, describe(getattr(value, name), (), depth + 1)) for name in names))


def _bits(array: np.ndarray[Any, Any], depth: int) -> Description:
    kind = array.dtype.kind
    if array.dtype.names is not None:
        return tuple((name, _bits(array[name], depth)) for name in array.dtype.names)
    if kind == "O":
        return tuple(describe(item, (), depth + 1) for item in array.flat)
    if array.dtype.char in "gG":
        return tuple(repr(item) for item in array.flat)
    if kind not in "fc":
        return array.tobytes().hex()
    plain = np.array(array, dtype=array.dtype.newbyteorder("="), order="C").reshape(-1)
    parts = plain.view(plain.real.dtype)
    parts[np.isnan(parts)] = np.nan
    return parts.tobytes().hex()


def describe_exception(error: BaseException | None, filename: str, depth: int = 0) -> Description:
    """Class, message, places in the program (function, line; innermost last), notes, and what it was chained to."""
    if error is None:
        return None
    if depth > _DEEPEST:
        return ("deep", _type_name(error))
    places = tuple(_places(error.__traceback__, filename))
    try:
        message = str(error)
    except Exception as inner:
        message = f"<str raised {type(inner).__name__}>"
    return {
        "class": _type_name(error),
        "message": message,
        "line": places[-1][1] if places else None,
        "places": places,
        "notes": tuple(getattr(error, "__notes__", ())),
        "cause": describe_exception(error.__cause__, filename, depth + 1),
        "context": describe_exception(error.__context__, filename, depth + 1),
        "suppressed": error.__suppress_context__,
    }


def _places(trace: types.TracebackType | None, filename: str) -> list[tuple[str, int | None]]:
    places: list[tuple[str, int | None]] = []
    for frame, line in traceback.walk_tb(trace):
        code = frame.f_code
        if code.co_filename == filename:
            places.append((code.co_name, line))
        elif code.co_filename.startswith(_PACKAGE) and not code.co_filename.startswith(_STRUCTS):
            places.append((f"<accel: {code.co_name}>", 0))
    return places


def describe_warning(warning: warnings.WarningMessage, filename: str) -> Description:
    """Category, message, and the line if it is blamed on the program."""
    line = warning.lineno if warning.filename == filename else None
    return (warning.category.__qualname__, str(warning.message), line)
