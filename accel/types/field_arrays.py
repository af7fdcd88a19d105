"""Arrays of fixed shape as fields of structs: what such a field takes and holds, and how structs with them are compared."""

from __future__ import annotations

import struct
import sys

from accel.types.declared import ArrayType, name_of_class, share_memory
from accel.types.kinds import FieldArray, Kind, Struct, Tuple, Vector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "MOST_ELEMENTS",
    "MOST_HELD",
    "build_array",
    "comparisons",
    "describe_fault",
    "field_array_kind",
    "fit_array",
    "has_arrays",
    "holds_array",
    "is_held",
    "name_of_array",
    "takes_elements",
]

MOST_ELEMENTS = 1 << 16
MOST_HELD = 64  # in compiled code each is a value of its own; where arrays of structs have more of them they stay in memory
_PYTHON = {"b": (bool,), "i": (int,), "u": (int,), "f": (float, int), "c": (complex, float, int)}


def field_array_kind(annotation: ArrayType) -> FieldArray | str:
    """The kind of the values of a field that is annotated with a type of arrays, or why there is none."""
    if not annotation.sizes:
        return "an array in a struct has a fixed shape: write `Tensor[Float64, 3]`"
    if annotation.role or annotation.order == "F":
        return "an array in a struct is held in C order, and is the struct's own: write `Tensor[Float64, 3]`"
    kind = FieldArray(sys.modules["numpy"].dtype(annotation.element).char, annotation.sizes)
    if kind.size > MOST_ELEMENTS:
        return f"an array in a struct has at most {MOST_ELEMENTS} elements, this one {kind.size}: keep it outside"
    return kind


def is_held(kind: Kind) -> bool:
    """Whether compiled code can hold a value of a kind: it has no array of many elements.

    Examples
    --------
    >>> is_held(FieldArray("d", (4, 4))), is_held(Tuple((FieldArray("d", (9, 9)),)))
    (True, False)
    """
    return all(map(is_held, kind.items)) if isinstance(kind, (Struct, Tuple)) else not isinstance(kind, FieldArray) or kind.size <= MOST_HELD


def name_of_array(kind: FieldArray) -> str:
    """What it is called in messages.

    Examples
    --------
    >>> import numpy
    >>> name_of_array(FieldArray("d", (2, 3)))
    'Tensor[numpy.float64, 2, 3]'
    """
    return repr(ArrayType(sys.modules["numpy"].dtype(kind.char).type, kind.ndim, sizes=kind.sizes))


def build_array(kind: FieldArray, held: bytes) -> Any:
    """The array with these bytes. They can't be changed, and nobody can make the array writeable."""
    numpy = sys.modules["numpy"]
    return numpy.ndarray(kind.sizes, numpy.dtype(kind.char), held)


def holds_array(kind: FieldArray, value: Any) -> bool:
    """Whether a value is an array that a field may hold as it is."""
    numpy = sys.modules["numpy"]
    if type(value) is not numpy.ndarray or type(value.base) is not bytes or value.shape != kind.sizes or value.dtype.char != kind.char:
        return False
    return bool(value.dtype.isnative and value.flags.c_contiguous and value.flags.aligned)


def fit_array(kind: FieldArray, value: Any) -> Any:
    """The array a field holds for what it is given, with elements of its own; None when it takes no such value.

    It takes an array of that shape and dtype, in any order and place; what shares its memory, as `memoryview` does; and lists and tuples of numbers, or of such rows.
    Python's numbers become elements as when they are assigned to one, but integers have to fit; a scalar of NumPy's must be of that very type.

    Examples
    --------
    >>> import numpy
    >>> fit_array(FieldArray("d", (2,)), [1, 2.5])
    array([1. , 2.5])
    """
    if holds_array(kind, value):
        return value
    numpy = sys.modules["numpy"]
    parts = _find_parts(numpy.dtype(kind.char), kind.sizes, value)
    held = None if parts is None else _pack(kind, parts)
    return None if held is None else build_array(kind, held)


def _pack(kind: FieldArray, parts: list[Any]) -> bytes | None:
    """The bytes of elements; None when there is an int that no element can hold."""
    numpy = sys.modules["numpy"]
    if len(parts) == 1 and type(parts[0]) is numpy.ndarray:
        return parts[0].astype(kind.char, copy=False).tobytes()  # type: ignore[no-any-return]
    if {*map(type, parts)} <= {bool, int, float} and kind.dtype.family != "c":
        try:
            return struct.pack(f"{len(parts)}{kind.char}", *parts)
        except (OverflowError, struct.error):  # beyond what floats of that size hold: infinite
            pass
    try:
        with numpy.errstate(all="ignore"):
            return b"".join([numpy.asarray(part, kind.char, order="C").tobytes() for part in parts])
    except (OverflowError, TypeError, ValueError):
        return None


def _find_parts(dtype: Any, sizes: tuple[int, ...], value: Any) -> list[Any] | None:
    """Arrays and numbers whose elements, one after the other, are those of an array of this shape."""
    if not sizes:
        return [value] if _is_element(dtype, value) else None
    if type(value) in (list, tuple):
        if len(value) != sizes[0]:
            return None
        found = [_find_parts(dtype, sizes[1:], part) for part in value]
        return None if None in found else [part for parts in found for part in parts or ()]
    value = value if type(value) is sys.modules["numpy"].ndarray else share_memory(value)
    fits = type(value) is sys.modules["numpy"].ndarray and value.dtype.type is dtype.type and value.shape == sizes
    return [value] if fits else None


def _is_element(dtype: Any, value: Any) -> bool:
    if type(value) is float and dtype.kind == "f":
        return True
    if isinstance(value, sys.modules["numpy"].generic):
        return type(value) is dtype.type
    accepted: Any = (*_PYTHON[dtype.kind], bool)
    if not isinstance(value, accepted) or (dtype.kind == "b" and type(value) is not bool):
        return False
    low = -(1 << 8 * dtype.itemsize - 1) if dtype.kind == "i" else 0
    return dtype.kind not in "iu" or low <= int(value) < low + (1 << 8 * dtype.itemsize)


def takes_elements(kind: FieldArray, given: Kind) -> bool | None:
    """Whether all values of a kind, but for their shape, are such that `fit_array` takes them; None if that depends on items, each a row."""
    if isinstance(given, Tuple):
        return None if given.named is None and len(given.items) == kind.sizes[0] else False
    return given == kind or (getattr(given, "char", "") == kind.char and getattr(given, "ndim", 0) == kind.ndim and getattr(given, "sizes", 0) in ((), kind.sizes))


def describe_fault(kind: Kind, value: Any) -> str:
    """What a value is that a field does not take."""
    numpy = sys.modules.get("numpy")
    if isinstance(kind, FieldArray) and numpy is not None and isinstance(value, numpy.ndarray):
        return f"an array of {value.dtype} with the shape {value.shape}"
    return name_of_class(type(value))


# -- comparisons


def has_arrays(kind: Kind) -> bool:
    """Whether values of a field are arrays, SIMD values, or tuples that hold such: `==` of those is no truth."""
    return any(map(has_arrays, kind.items)) if isinstance(kind, Tuple) else isinstance(kind, (FieldArray, Vector))


def comparisons(compared: dict[str, Kind], hashed: dict[str, Kind]) -> dict[str, Callable[..., Any]]:
    """`__eq__`, `__hash__` and the orderings of a struct as those of a tuple of its fields, where an array is the tuple of its elements, row by row."""

    def parts(value: Any, fields: dict[str, Kind]) -> tuple[Any, ...]:
        return tuple([_part(kind, getattr(value, name)) for name, kind in fields.items()])

    def compare(name: str) -> Callable[[Any, Any], Any]:
        answer = getattr(tuple, name)

        def method(self: Any, other: Any) -> Any:
            return answer(parts(self, compared), parts(other, compared)) if other.__class__ is self.__class__ else NotImplemented

        method.__name__ = name
        return method

    made: dict[str, Callable[..., Any]] = {name: compare(name) for name in ("__eq__", "__lt__", "__le__", "__gt__", "__ge__")}
    return made | {"__hash__": lambda self: hash(parts(self, hashed))}


def _part(kind: Kind, held: Any) -> Any:
    if isinstance(kind, FieldArray):
        return tuple(held.ravel().tolist())
    if isinstance(kind, Vector):
        return tuple(held._wide().tolist())
    return tuple([_part(item, part) for item, part in zip(kind.items, held, strict=True)]) if isinstance(kind, Tuple) else held
