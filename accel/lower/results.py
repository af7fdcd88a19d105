"""Values in memory: a word of 8 bytes per component. So are results of compiled functions handed over, and arguments of prepared calls."""

from __future__ import annotations

from accel.lower.layout import Value, components
from accel.lower.text import Emitter
from accel.types.kinds import Kind

__all__ = ["load_result", "store_values"]


def load_result(e: Emitter, kind: Kind, room: str) -> Value:
    """The value in a room."""
    value = []
    for k, type_ in enumerate(components(kind)):
        place = e.value(f"getelementptr i64, ptr {room}, i64 {k}")
        part = e.value(f"load {'i8' if type_ == 'i1' else type_}, ptr {place}")
        value.append(e.value(f"trunc i8 {part} to i1") if type_ == "i1" else part)
    return tuple(value)


def store_values(e: Emitter, values: list[str], room: str) -> None:
    """Components, each a type and an operand, into a room."""
    for k, component in enumerate(values):
        type_, _, value = component.rpartition(" ")
        if type_ == "i1":
            type_, value = "i8", e.value(f"zext i1 {value} to i8")
        e.do(f"store {type_} {value}, ptr {e.value(f'getelementptr i64, ptr {room}, i64 {k}')}")
