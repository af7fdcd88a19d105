"""Structs in machine code: made of what a call of their class gives each field, and taken apart."""

from __future__ import annotations

from typing import Any

from accel.lower.constants import constant_value
from accel.lower.convert import as_complex, as_float, as_int, zero_value
from accel.lower.field_arrays import load_array, view_shape
from accel.lower.layout import Value, components
from accel.lower.numpy_casts import emit_cast
from accel.lower.operators import tuple_items
from accel.lower.records import field_address, load_value, store_value
from accel.lower.text import Emitter
from accel.lower.unions import emit_union
from accel.lower.vector_lanes import convert_mask
from accel.types.kinds import Array, Complex, FieldArray, Float, Kind, Scalar, Struct, Tuple, Vector, View

__all__ = ["as_field", "emit_struct", "field_value", "store_field", "store_record"]


def emit_struct(e: Emitter, kind: Struct | Tuple, bound: tuple[tuple[str, Any], ...], given: list[tuple[Kind, Value]]) -> Value:
    """A struct, or a named tuple: `bound` has for each field ("argument", its place among those given) or ("default", its value)."""
    value: Value = ()
    for item, (what, held) in zip(kind.items, bound, strict=True):
        value += constant_value(item, held) if what == "default" else _converted(e, item, *given[held])
    return value


def _converted(e: Emitter, item: Kind, given: Kind, value: Value) -> Value:
    return emit_union(e, lambda *k: item, lambda k, v: as_field(e, item, k[0], v[0]), (given,), [value], item)


def as_field(e: Emitter, kind: Kind, given: Kind, value: Value) -> Value:
    """The value a field of a struct holds for one that it takes (`accel.types.structs.takes_kind`)."""
    if kind == given:
        return value
    if isinstance(kind, Vector) and isinstance(given, Vector):
        return convert_mask(e, given, kind, value)
    if isinstance(given, View):
        return load_value(e, kind, value[1])
    if isinstance(kind, FieldArray):
        return load_array(e, kind, given, value) if isinstance(given, Array) else as_field(e, kind.rows, given, value)
    if isinstance(kind, Tuple) and isinstance(given, Tuple):
        parts: list[str] = []
        at = 0
        for wanted, found in zip(kind.items, given.items, strict=True):
            width = len(components(found))
            parts += _converted(e, wanted, found, value[at : at + width])
            at += width
        return tuple(parts)
    if isinstance(kind, Scalar):
        return emit_cast(e, given, value, kind.char)
    if isinstance(given, Scalar):
        return (*value, *zero_value(kind))[: len(components(kind))]
    if isinstance(kind, Complex):
        return as_complex(e, given, value)
    return (as_float(e, given, value) if isinstance(kind, Float) else as_int(e, given, value),)


def field_value(e: Emitter, kind: Struct | View, name: str, value: Value) -> Value:
    """The value of a field; of a struct or an array in a record, a view."""
    if isinstance(kind, Struct):
        return tuple_items(kind, value)[kind.names.index(name)][1]
    item, address = kind.struct.items[kind.names.index(name)], field_address(e, kind.struct, name, value[1])
    if isinstance(item, FieldArray):
        return (value[0], address, *view_shape(item))
    return (value[0], address) if isinstance(item, Struct) else load_value(e, item, address)


def store_field(e: Emitter, kind: View, name: str, value: Value, given: tuple[Kind, Value]) -> None:
    """`record.name = given`."""
    item = kind.struct.items[kind.names.index(name)]
    store_value(e, item, field_address(e, kind.struct, name, value[1]), _converted(e, item, *given))


def store_record(e: Emitter, struct: Struct, address: str, given: tuple[Kind, Value]) -> None:
    """A struct, or what a record holds, into an element of an array."""
    store_value(e, struct, address, as_field(e, struct, *given))
