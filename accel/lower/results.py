"""Values in memory: a word of 8 bytes per component, or several. So are results of compiled functions handed over, and arguments of prepared calls."""

from __future__ import annotations

from accel.lower.layout import Value, components, word_places
from accel.lower.text import Emitter
from accel.types.kinds import Kind

__all__ = ["load_result", "store_values", "store_word"]


def load_result(e: Emitter, kind: Kind, room: str) -> Value:
    """The value in a room."""
    value, types = [], components(kind)
    for type_, at in zip(types, word_places(types), strict=False):
        place = e.value(f"getelementptr i64, ptr {room}, i64 {at}")
        if type_ == "i1" or type_.endswith(" x i1>"):
            part = e.value(f"load {_held(type_)}, ptr {place}, align 1")
            value.append(e.value(f"trunc {_held(type_)} {part} to {type_}"))
        else:
            value.append(e.value(f"load {type_}, ptr {place}{', align 8' if type_[0] == '<' else ''}"))
    return tuple(value)


def store_values(e: Emitter, types: tuple[str, ...], values: Value, room: str) -> None:
    """Components of these types into a room."""
    for type_, value, at in zip(types, values, word_places(types), strict=False):
        store_word(e, type_, value, e.value(f"getelementptr i64, ptr {room}, i64 {at}"))


def store_word(e: Emitter, type_: str, part: str, place: str) -> None:
    """A component into words of memory."""
    if type_ == "i1" or type_.endswith(" x i1>"):
        part, type_ = e.value(f"zext {type_} {part} to {_held(type_)}"), _held(type_)
    e.do(f"store {type_} {part}, ptr {place}{', align 8' if type_[0] == '<' else ''}")


def _held(type_: str) -> str:
    return type_.replace("i1", "i8") if type_[0] != "<" else type_.replace(" x i1>", " x i8>")
