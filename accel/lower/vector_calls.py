"""Calls of classes and methods of SIMD values, and their operators, in machine code: which operand is what (`accel.specialize.vectors` has noted it)."""

from __future__ import annotations

from typing import Any

from accel.lower.arrays import emit_index
from accel.lower.layout import Value
from accel.lower.text import Emitter
from accel.lower.vector_memory import Places, load_lanes, prefetch_line, store_lanes
from accel.lower.vectors import (
    emit_iota,
    lane_operand,
    vector_binary,
    vector_bitcast,
    vector_cast,
    vector_compare,
    vector_fused,
    vector_join,
    vector_lane,
    vector_lesser,
    vector_of_scalars,
    vector_reduction,
    vector_select,
    vector_shuffle,
    vector_test,
    vector_unary,
    vector_with_lane,
)
from accel.types.kinds import Array, Int, Kind, NoneKind, Vector

__all__ = ["emit_vector_call", "emit_vector_item", "emit_vector_operator"]

Operands = list[tuple[Kind, Value]]
_REDUCTIONS = {"reduce_add": "+", "reduce_mul": "*", "reduce_min": "min", "reduce_max": "max"}


def emit_vector_call(e: Emitter, name: str, bound: tuple[Any, ...], operands: Operands, made: Kind, *, is_sure: bool = False) -> Value:
    """A call "simd.name" with the operands behind the callee or the owner, which comes first; of the kind `made`. `is_sure`: what it accesses is in range."""
    (owner, value), *given = operands
    name = name.removeprefix("simd.")
    if name in ("load", "load_tail", "gather"):
        assert isinstance(made, Vector)
        return load_lanes(e, made, _find_places(name, dict(bound[0]), given, is_sure=is_sure))
    if name == "prefetch":
        prefetch_line(e, _find_places(name, dict(bound[0]), given, is_sure=True))
        return ()
    if name == "iota":
        assert isinstance(made, Vector)
        return emit_iota(e, made, *(given[bound[0]] if bound[0] is not None else (Int(), ("0",))))
    if name == "":
        assert isinstance(made, Vector)
        return vector_of_scalars(e, made, given)
    if name in ("abs", "truth"):
        owner, value = given[0]
    assert isinstance(owner, Vector)
    if name in ("store", "store_tail", "scatter"):
        store_lanes(e, owner, value, _find_places(name, dict(bound[0]), given, is_sure=is_sure))
        return ()
    if name in ("any", "all", "count", "truth"):
        return (vector_test(e, "all" if name == "truth" else name, owner, value),)
    if name in _REDUCTIONS:
        return (vector_reduction(e, _REDUCTIONS[name], owner, value),)
    assert isinstance(made, Vector)
    return _emit_vector(e, name, bound, (owner, value), given, made)


def _emit_vector(e: Emitter, name: str, bound: tuple[Any, ...], owned: tuple[Vector, Value], given: Operands, made: Vector) -> Value:
    """What gives a vector for a vector."""
    owner, value = owned
    match name:
        case "shuffle":
            return vector_shuffle(e, owner, value, made, list(bound))
        case "with_lane":
            return vector_with_lane(e, owner, value, bound[0], given[bound[1]])
        case "cast":
            return vector_cast(e, owner, value, made)
        case "bitcast":
            return vector_bitcast(e, owner, value, made)
    like = made if name == "select" else owner
    others = [lane_operand(e, like, *given[k]) for k in bound]
    match name:
        case "join":
            return vector_join(e, owner, value, others[0], made)
        case "select":
            return vector_select(e, owner, value, made, others[0], others[1])
        case "fma":
            return vector_fused(e, owner, value, others[0], others[1])
        case "min" | "max":
            return vector_lesser(e, owner, value, others[0], name)
    return vector_unary(e, name, owner, value)


def _find_places(name: str, bound: dict[str, int], given: Operands, *, is_sure: bool) -> Places:
    """What a load or a store is told of where the lanes lie."""
    array, value = given[bound["array"]]
    assert isinstance(array, Array)
    mask = given[bound["mask"]] if "mask" in bound and not isinstance(given[bound["mask"]][0], NoneKind) else None
    if name == "gather" or name == "scatter":
        return Places(array, value, "indices", indices=given[bound["indices"]], mask=mask)  # type: ignore[arg-type]  # vectors, both
    how, stride = ("stride", given[bound["stride"]][1][0]) if "stride" in bound else ("row", "1")
    return Places(array, value, how, given[bound["index"]][1][0], stride, None, mask, name.endswith("tail"), is_sure)  # type: ignore[arg-type]


def emit_vector_operator(e: Emitter, op: str, symbol: str, operands: Operands, made: Kind) -> Value:
    """An operator: "binary", "unary", "compare" or "truth"."""
    if op in ("truth", "unary"):
        (owner, value), *_ = operands
        assert isinstance(owner, Vector)
        if op == "truth" or symbol == "not":
            holds = vector_test(e, "all", owner, value)
            return (holds if op == "truth" else e.value(f"xor i1 {holds}, true"),)
        return vector_unary(e, symbol, owner, value)
    assert isinstance(made, Vector)
    vectors = [kind for kind, _ in operands if isinstance(kind, Vector)]
    like = max(vectors, key=lambda kind: kind.bits)
    x, y = (lane_operand(e, like, *operand) for operand in operands)
    return vector_compare(e, symbol, like, x, y) if op == "compare" else vector_binary(e, symbol, made, x, y)


def emit_vector_item(e: Emitter, kind: Vector, value: Value, index: str) -> Value:
    """`x[index]`; one that is out of range leaves."""
    return (vector_lane(e, kind, value, emit_index(e, index, str(kind.lanes)) if not index.lstrip("-").isdigit() else str(int(index) % kind.lanes)),)
