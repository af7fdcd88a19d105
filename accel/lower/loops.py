"""The state of `for` loops in machine code: starting one, taking the next item."""

from __future__ import annotations

from accel.lower.arrays import emit_index, emit_integer, emit_item, emit_tuple_item, tuple_parts
from accel.lower.layout import Value, components
from accel.lower.text import Emitter
from accel.types.kinds import (
    ArrayIterator,
    EnumerateIterator,
    Int,
    Kind,
    Range,
    RangeIterator,
    Tuple,
    TupleIterator,
    ZipIterator,
)

__all__ = [
    "advance",
    "current_item",
    "emit_range",
    "is_finished",
    "range_contains",
    "range_item",
    "range_length",
    "reverse_range",
    "start_iterator",
]


def emit_range(e: Emitter, kinds: tuple[Kind, ...], values: list[Value]) -> Value:
    """`range(...)`: start, stop, step; a step of zero leaves."""
    numbers = [emit_integer(e, k, v) for k, v in zip(kinds, values, strict=True)]
    if len(numbers) == 1:
        return ("0", numbers[0], "1")
    if len(numbers) == 2:
        return (numbers[0], numbers[1], "1")
    e.exit_if(e.value(f"icmp eq i64 {numbers[2]}, 0"))
    return (numbers[0], numbers[1], numbers[2])


def range_length(e: Emitter, value: Value) -> str:
    """`len(range)` as an unsigned number."""
    start, stop, step = value
    if step == "1":
        some = e.value(f"icmp slt i64 {start}, {stop}")
        return e.select(some, "i64", e.value(f"sub i64 {stop}, {start}"), "0")
    back = e.value(f"icmp slt i64 {step}, 0")
    low, high = e.select(back, "i64", stop, start), e.select(back, "i64", start, stop)
    size = e.select(back, "i64", e.value(f"sub i64 0, {step}"), step)
    distance = e.value(f"sub i64 {e.value(f'sub i64 {high}, {low}')}, 1")
    turns = e.value(f"add i64 {e.value(f'udiv i64 {distance}, {size}')}, 1")
    return e.select(e.value(f"icmp slt i64 {low}, {high}"), "i64", turns, "0")


def range_item(e: Emitter, value: Value, index: str) -> str:
    """`range[index]`; one out of range leaves, as does a range of more than 2^63 items."""
    length = range_length(e, value)
    e.exit_if(e.value(f"icmp slt i64 {length}, 0"))
    at = emit_index(e, index, length)
    return e.value(f"add i64 {value[0]}, {e.value(f'mul i64 {at}, {value[2]}')}")


def range_contains(e: Emitter, value: Value, number: str) -> str:
    """`number in range` (an i1). The distance is taken modulo 2^64, as a range may be that long."""
    start, stop, step = value
    back = e.value(f"icmp slt i64 {step}, 0")
    ahead = e.value(f"icmp sge i64 {number}, {start}"), e.value(f"icmp slt i64 {number}, {stop}")
    behind = e.value(f"icmp sle i64 {number}, {start}"), e.value(f"icmp sgt i64 {number}, {stop}")
    inside = e.select(back, "i1", e.value(f"and i1 {behind[0]}, {behind[1]}"), e.value(f"and i1 {ahead[0]}, {ahead[1]}"))
    low, high = e.select(back, "i64", number, start), e.select(back, "i64", start, number)
    size = e.select(back, "i64", e.value(f"sub i64 0, {step}"), step)
    rest = e.value(f"urem i64 {e.value(f'sub i64 {high}, {low}')}, {size}")
    return e.value(f"and i1 {inside}, {e.value(f'icmp eq i64 {rest}, 0')}")


def reverse_range(e: Emitter, value: Value) -> Value:
    """The state before the first turn of a loop over `reversed(range)`; a step that can't be negated leaves."""
    length = range_length(e, value)
    e.exit_if(e.value(f"icmp slt i64 {length}, 0"))
    e.exit_if(e.value(f"icmp eq i64 {value[2]}, {-(2**63)}"))
    way = e.value(f"mul i64 {e.value(f'sub i64 {length}, 1')}, {value[2]}")
    return (e.value(f"add i64 {value[0]}, {way}"), length, e.value(f"sub i64 0, {value[2]}"))


def start_iterator(e: Emitter, kind: Kind, value: Value) -> Value:
    """The state before the first turn of a loop over a value of this kind."""
    match kind:
        case Range():
            return (value[0], range_length(e, value), value[2])
        case EnumerateIterator() | ZipIterator() | RangeIterator():
            return value
    return (*value, "0")


def is_finished(e: Emitter, kind: Kind, state: Value) -> str:
    """Whether there is no next item (an i1). For zip: whether the first exhausted one has been reached, which is all the same
    to these iterators, as taking an item from them has no effect that outlives the loop."""
    match kind:
        case RangeIterator():
            return e.value(f"icmp eq i64 {state[1]}, 0")
        case ArrayIterator():
            return e.value(f"icmp sge i64 {state[-1]}, {state[2]}")
        case TupleIterator(items):
            return e.value(f"icmp sge i64 {state[-1]}, {len(items.items)}")
        case EnumerateIterator(inner):
            return is_finished(e, inner, state[1:])
    assert isinstance(kind, ZipIterator)
    parts = tuple_parts(Tuple(kind.inner), state)
    ends = [is_finished(e, inner, part) for inner, part in zip(kind.inner, parts, strict=True)]
    finished = ends[0]
    for one in ends[1:]:
        if kind.strict:  # CPython says which one is too short or too long
            e.exit_if(e.value(f"xor i1 {finished}, {one}"))
        else:
            finished = e.value(f"or i1 {finished}, {one}")
    return finished


def current_item(e: Emitter, kind: Kind, state: Value) -> Value:
    """The item of this turn; the loop is known not to be finished."""
    match kind:
        case RangeIterator():
            return (state[0],)
        case ArrayIterator(array):
            return emit_item(e, array, (Int(),), state[:-1], [(state[-1],)], checked=False)
        case TupleIterator(items):
            return emit_tuple_item(e, items, state[:-1], state[-1], checked=False)
        case EnumerateIterator(inner):
            return (state[0], *current_item(e, inner, state[1:]))
    assert isinstance(kind, ZipIterator)
    return tuple(
        c for k, part in zip(kind.inner, tuple_parts(Tuple(kind.inner), state), strict=True) for c in current_item(e, k, part)
    )


def advance(e: Emitter, kind: Kind, state: Value) -> Value:
    """The state of the next turn."""
    match kind:
        case RangeIterator():
            current = e.value(f"add i64 {state[0]}, {state[2]}")
            return (current, e.value(f"add i64 {state[1]}, -1"), state[2])
        case ArrayIterator() | TupleIterator():
            return (*state[:-1], e.value(f"add nuw nsw i64 {state[-1]}, 1"))
        case EnumerateIterator(inner):
            return (e.value(f"add i64 {state[0]}, 1"), *advance(e, inner, state[1:]))
    assert isinstance(kind, ZipIterator) and components(kind)
    return tuple(
        c for k, part in zip(kind.inner, tuple_parts(Tuple(kind.inner), state), strict=True) for c in advance(e, k, part)
    )
