"""Vectors of lanes: made of scalars, put into another order, split another way, and masks, which are i1 or integers with all bits set."""

from __future__ import annotations

from accel.lower.layout import Value, element_type, vector_type
from accel.lower.text import Emitter
from accel.types.kinds import Vector

__all__ = ["as_conditions", "as_mask", "convert_mask", "lane_type", "load_vector", "regroup", "shuffle", "splat", "store_vector", "vector_of"]


def lane_type(kind: Vector) -> str:
    """LLVM type of a lane as it is held."""
    return f"i{kind.bits}" if kind.bits else element_type(kind.char)


def splat(e: Emitter, kind: Vector, scalar: str) -> Value:
    """The same number in every lane."""
    return (_spread(e, scalar, lane_type(kind), kind.group),) * (kind.lanes // kind.group)


def _spread(e: Emitter, scalar: str, element: str, count: int) -> str:
    if scalar[0] != "%":
        return f"splat ({element} {scalar})"
    one = e.value(f"insertelement <{count} x {element}> poison, {element} {scalar}, i64 0")
    return e.value(f"shufflevector <{count} x {element}> {one}, <{count} x {element}> poison, <{count} x i32> zeroinitializer")


def vector_of(e: Emitter, kind: Vector, scalars: list[str]) -> Value:
    """A vector of numbers, one for each lane."""
    made = []
    for first in range(0, kind.lanes, kind.group):
        vector = "poison"
        for k in range(kind.group):
            vector = e.value(f"insertelement {vector_type(kind)} {vector}, {lane_type(kind)} {scalars[first + k]}, i64 {k}")
        made.append(vector)
    return tuple(made)


def load_vector(e: Emitter, kind: Vector, address: str, align: int) -> Value:
    """The lanes that lie one after the other from an address on; those of a mask are bytes."""
    held, parts = _held_type(kind), []
    for first in range(0, kind.lanes, kind.group):
        place = e.value(f"getelementptr i8, ptr {address}, i64 {first * kind.dtype.size_bytes}")
        parts.append(e.value(f"load {held}, ptr {place}, align {align}"))
    if not kind.bits:
        return tuple(parts)
    return as_mask(e, kind, [e.value(f"icmp ne {held} {part}, zeroinitializer") for part in parts])


def store_vector(e: Emitter, kind: Vector, address: str, value: Value, align: int) -> None:
    """Write the lanes one after the other."""
    held = _held_type(kind)
    if kind.bits:
        value = tuple(e.value(f"zext <{kind.group} x i1> {part} to {held}") for part in as_conditions(e, kind, value, kind.group))
    for k, part in enumerate(value):
        place = e.value(f"getelementptr i8, ptr {address}, i64 {k * kind.group * kind.dtype.size_bytes}")
        e.do(f"store {held} {part}, ptr {place}, align {align}")


def _held_type(kind: Vector) -> str:
    """LLVM type of a vector in memory."""
    return f"<{kind.group} x i8>" if kind.bits else vector_type(kind)


def shuffle(e: Emitter, element: str, value: Value, group: int, lanes: list[int], count: int) -> Value:
    """These lanes of vectors of `group` lanes, in vectors of `count`; a lane -1 may be anything."""
    return tuple(_pick(e, element, value, group, lanes[first : first + count]) for first in range(0, len(lanes), count))


def _pick(e: Emitter, element: str, value: Value, group: int, lanes: list[int]) -> str:
    """One vector: a shuffle of each pair of vectors it takes lanes from, then of what these give."""
    source, count = f"<{group} x {element}>", len(lanes)
    used = sorted({lane // group for lane in lanes if lane >= 0})
    made: list[tuple[str, set[int]]] = []
    for first, second in zip(used[::2], [*used[1::2], -1], strict=False):
        places = [lane - first * group if lane >= 0 and lane // group == first else -1 for lane in lanes]
        places = [lane - second * group + group if second >= 0 and lane >= 0 and lane // group == second else p for lane, p in zip(lanes, places, strict=True)]
        other = value[second] if second >= 0 else "poison"
        if group == count and places == list(range(group)):
            made.append((value[first], {k for k, p in enumerate(places) if p >= 0}))
            continue
        text = e.value(f"shufflevector {source} {value[first]}, {source} {other}, {_places(places)}")
        made.append((text, {k for k, p in enumerate(places) if p >= 0}))
    whole, held = made[0] if made else ("poison", set())
    for part, lanes_of in made[1:]:
        places = [k if k in held else count + k if k in lanes_of else -1 for k in range(count)]
        whole = e.value(f"shufflevector <{count} x {element}> {whole}, <{count} x {element}> {part}, {_places(places)}")
        held |= lanes_of
    return whole


def _places(places: list[int]) -> str:
    return f"<{len(places)} x i32> <{', '.join(f'i32 {p}' if p >= 0 else 'i32 poison' for p in places)}>"


def regroup(e: Emitter, element: str, value: Value, group: int, count: int) -> Value:
    """The same lanes in vectors of another size."""
    return value if group == count else shuffle(e, element, value, group, list(range(group * len(value))), count)


def as_conditions(e: Emitter, kind: Vector, value: Value, group: int) -> list[str]:
    """A mask as vectors of i1, of so many lanes each."""
    element = lane_type(kind)
    value = regroup(e, element, value, kind.group, group)
    if kind.bits == 1:
        return list(value)
    return [e.value(f"icmp slt <{group} x {element}> {part}, zeroinitializer") for part in value]


def as_mask(e: Emitter, kind: Vector, conditions: list[str]) -> Value:
    """Vectors of i1, with as many lanes as the mask is to have in each, as a mask."""
    if kind.bits == 1:
        return tuple(conditions)
    return tuple(e.value(f"sext <{kind.group} x i1> {part} to {vector_type(kind)}") for part in conditions)


def convert_mask(e: Emitter, source: Vector, target: Vector, value: Value) -> Value:
    """A mask as one of other vectors, or with lanes of another size."""
    if source == target:
        return value
    if source.bits == target.bits:
        return regroup(e, lane_type(source), value, source.group, target.group)
    return as_mask(e, target, as_conditions(e, source, value, target.group))
