"""Structs in memory: the fields of records are loaded and stored where the dtype of their arrays has them."""

from __future__ import annotations

from accel.lower.layout import Value, components
from accel.lower.numpy_casts import load_element, store_element
from accel.lower.text import Emitter
from accel.lower.vector_lanes import load_vector, store_vector
from accel.types.elements import char_of
from accel.types.kinds import FieldArray, Kind, Scalar, Struct, Tuple, Vector
from accel.types.records import dtype_of, field_dtype
from accel.types.structs import layout_of_kind

__all__ = ["field_address", "load_value", "record_size", "store_value"]


def record_size(kind: Struct) -> int:
    """Bytes of a record."""
    return int(dtype_of(layout_of_kind(kind)).itemsize)


def field_address(e: Emitter, kind: Struct, name: str, address: str) -> str:
    """Where a field lies in a record."""
    return _moved(e, address, dtype_of(layout_of_kind(kind)).fields[name][1])


def _moved(e: Emitter, address: str, offset: int) -> str:
    return e.value(f"getelementptr i8, ptr {address}, i64 {offset}") if offset else address


def load_value(e: Emitter, kind: Kind, address: str) -> Value:
    """The value of a field, or of a whole struct, in memory."""
    if isinstance(kind, Vector):
        return load_vector(e, kind, address, 1)
    if not isinstance(kind, (FieldArray, Struct, Tuple)):
        return load_element(e, char_of(kind), address, align=1)  # the memory is the user's: NumPy takes records for things that may lie anywhere
    return tuple(c for item, place in _places(e, kind, address) for c in load_value(e, item, place))


def store_value(e: Emitter, kind: Kind, address: str, value: Value) -> None:
    """Store a value of the kind of a field, or a whole struct."""
    if isinstance(kind, Vector):
        store_vector(e, kind, address, value, 1)
        return
    if not isinstance(kind, (FieldArray, Struct, Tuple)):
        store_element(e, char_of(kind), address, value, align=1)
        return
    at = 0
    for item, place in _places(e, kind, address):
        width = len(components(item))
        store_value(e, item, place, value[at : at + width])
        at += width


def _places(e: Emitter, kind: FieldArray | Struct | Tuple, address: str) -> list[tuple[Kind, str]]:
    """The parts of an array, a struct or a tuple, each with its address."""
    if isinstance(kind, FieldArray):
        return [(Scalar(kind.char), _moved(e, address, k * kind.dtype.size_bytes)) for k in range(kind.size)]
    names = kind.names if isinstance(kind, Struct) else [f"f{k}" for k in range(len(kind.items))]
    fields = field_dtype(kind).fields or {}
    return [(item, _moved(e, address, fields[name][1])) for item, name in zip(kind.items, names, strict=True)]
