"""Structs in machine code: made of what a call of their class gives each field, and taken apart."""

from __future__ import annotations

from typing import Any

from accel.lower.constants import constant_value
from accel.lower.convert import as_field
from accel.lower.layout import Value
from accel.lower.operators import tuple_items
from accel.lower.text import Emitter
from accel.lower.unions import emit_union
from accel.types.kinds import Kind, Struct

__all__ = ["emit_struct", "field_value"]


def emit_struct(e: Emitter, kind: Struct, bound: tuple[tuple[str, Any], ...], given: list[tuple[Kind, Value]]) -> Value:
    """A struct: `bound` has for each field ("argument", its place among those given) or ("default", its value)."""
    value: Value = ()
    for item, (what, held) in zip(kind.items, bound, strict=True):
        value += constant_value(item, held) if what == "default" else _converted(e, item, *given[held])
    return value


def _converted(e: Emitter, item: Kind, given: Kind, value: Value) -> Value:
    return emit_union(e, lambda *k: item, lambda k, v: as_field(e, item, k[0], v[0]), (given,), [value], item)


def field_value(kind: Struct, name: str, value: Value) -> Value:
    """The value of a field."""
    return tuple_items(kind, value)[kind.names.index(name)][1]
