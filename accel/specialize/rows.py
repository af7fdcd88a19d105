"""Loads and stores of SIMD values in a row, `V.load(a, i)` and `x.store(a, i)`: what the passes that make loops fast ask about them."""

from __future__ import annotations

from accel.ir import Instruction, TypedFunction
from accel.types.kinds import Bool, Float, Int, Kind, Scalar, Static, Tuple, Vector
from accel.values import dataclass

__all__ = ["Row", "can_put_off_lanes", "find_row", "is_memory_of_lanes"]

_MEMORY = ("load", "load_tail", "gather", "store", "store_tail", "scatter")
_PURE = ("", "abs", "bitcast", "cast", "ceil", "floor", "fma", "join", "max", "min", "rint", "select", "shuffle", "sqrt", "trunc")
_OPERATORS = ("binary", "compare", "inplace", "unary")


@dataclass(frozen=True, slots=True)
class Row:
    """Lanes side by side in an array: its name, that of the index of the first one, and how many there are."""

    array: str
    index: str
    count: int


def find_row(typed: TypedFunction, i: Instruction) -> Row | None:
    """What a load or a store of all lanes in a row accesses; None of any other instruction."""
    call = typed.calls.get(id(i)) if i.op == "call" else None
    if call is None or call.name not in ("simd.load", "simd.store") or id(i) in typed.faults:
        return None
    bound, names = dict(call.bound[0]), i.arguments[1 + len(i.detail[2]) :]
    (vector,) = typed.target_kinds[id(i)] if call.name == "simd.load" else typed.argument_kinds[id(i)][:1]
    if set(bound) != {"array", "index"} or not isinstance(vector, Vector):
        return None
    return Row(names[bound["array"]], names[bound["index"]], vector.lanes)


def is_memory_of_lanes(typed: TypedFunction, i: Instruction) -> bool:
    """Whether an instruction loads or stores a SIMD value."""
    call = typed.calls.get(id(i))
    return call is not None and call.name.removeprefix("simd.") in _MEMORY and call.name.startswith("simd.")


def is_prefetch(typed: TypedFunction, i: Instruction) -> bool:
    """Whether an instruction asks for a line of the cache, which may be anywhere."""
    call = typed.calls.get(id(i)) if i.op == "call" else None
    return call is not None and call.name == "simd.prefetch" and id(i) not in typed.faults


def can_put_off_lanes(typed: TypedFunction, i: Instruction) -> bool:
    """Whether an operation on SIMD values has no check that could fail; a load is taken to be in range."""
    if is_prefetch(typed, i):
        return True
    kinds = (*typed.argument_kinds.get(id(i), ()), *typed.target_kinds.get(id(i), ()))
    if not any(isinstance(kind, Vector) for kind in kinds):
        return False
    if i.op == "call":
        call = typed.calls.get(id(i))
        if call is None or not call.name.startswith("simd."):
            return False
        return find_row(typed, i) is not None or (call.name.removeprefix("simd.") in _PURE and all(map(_is_whole, kinds)))
    return i.op in _OPERATORS and i.detail != "not" and all(map(_is_whole, kinds))


def _is_whole(kind: Kind) -> bool:
    """Whether it is lanes, or becomes some without a check: an int may be too large for them."""
    return isinstance(kind, (Vector, Static, Float, Bool, Scalar)) and not isinstance(kind, (Int, Tuple))
