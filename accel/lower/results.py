"""What a compiled function has written into the room for its result."""

from __future__ import annotations

from accel.lower.layout import Value, components
from accel.lower.text import Emitter
from accel.types.kinds import Kind

__all__ = ["load_result"]


def load_result(e: Emitter, kind: Kind, room: str) -> Value:
    """The value: a word of 8 bytes per component."""
    value = []
    for k, type_ in enumerate(components(kind)):
        place = e.value(f"getelementptr i64, ptr {room}, i64 {k}")
        part = e.value(f"load {'i8' if type_ == 'i1' else type_}, ptr {place}")
        value.append(e.value(f"trunc i8 {part} to i1") if type_ == "i1" else part)
    return tuple(value)
