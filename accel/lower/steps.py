"""What each op of a flow becomes in LLVM text: one function per op."""

from __future__ import annotations

from collections.abc import Callable

from accel.ir import Access, Instruction
from accel.lower import arrays, loops
from accel.lower.body import FunctionBody
from accel.lower.calls import kinds_of, lower_call, serve_signals, target_of, values_of, write_target
from accel.lower.constants import constant_value
from accel.lower.convert import convert_value
from accel.lower.field_arrays import emit_field_item, field_attribute
from accel.lower.functions import emit_function
from accel.lower.layout import Value, components
from accel.lower.operators import emit_binary, emit_compare, emit_truth, emit_unary
from accel.lower.python_steps import python_step
from accel.lower.recursion import emit_last_room
from accel.lower.results import store_values
from accel.lower.strips import STRIP_STEPS, emit_sum_step
from accel.lower.structs import field_value, store_field, store_record
from accel.lower.unbox import emit_unbox
from accel.lower.unions import emit_union
from accel.lower.vector_calls import emit_vector_item, emit_vector_operator
from accel.types import functions, operators
from accel.types.kinds import (
    Array,
    Bool,
    Complex,
    FieldArray,
    Float,
    Int,
    Kind,
    Never,
    NoneKind,
    Range,
    Scalar,
    Static,
    Struct,
    StructArray,
    Tuple,
    Vector,
    View,
)

__all__ = ["lower_step"]

Successors = tuple[str, ...]


def lower_step(body: FunctionBody, instruction: Instruction, successors: Successors) -> bool:
    """Lower one instruction that is no jump or branch; whether it ends the block."""
    key = id(instruction)
    typed = body.typed
    if key in typed.faults or instruction.op == "leave":
        body.e.branch(body.e.exit_label)
        body.e.exits += 1
        return True
    if key in typed.constants:
        kind = typed.target_kinds[key][0]
        body.write(instruction.targets[0], kind, constant_value(kind, typed.constants[key]))
        return False
    emit_last_room(body, instruction)
    call = typed.calls.get(key)
    is_call = call is not None and call.function is not None  # an operator of a struct may be
    is_vector = instruction.op in _OPERATORS and any(isinstance(kind, Vector) for kind in typed.argument_kinds[key])
    step = python_step if key in typed.steps else lower_call if is_call else _vector_operator if is_vector else _STEPS[instruction.op]
    ended = step(body, instruction, successors)
    kinds = typed.target_kinds.get(key, ())
    if not ended and any(isinstance(k, Never) for k in kinds):
        body.e.do("unreachable")
        return True
    return bool(ended)


# -- names and values


def _bound(body: FunctionBody, instruction: Instruction, successors: Successors) -> bool:
    name = instruction.arguments[0]
    if id(instruction) not in body.typed.maybe_unbound and name not in body.state:
        body.e.branch(body.e.exit_label)
        body.e.exits += 1
        return True
    if body.typed.maybe_unbound.get(id(instruction)):
        body.e.exit_if(body.is_unbound(name))
        body.state[name] = (body.state[name][0], False)
    return False


def _delete(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    body.unbind(instruction.arguments[0])


def _copy(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    write_target(body, instruction, body.read(instruction.arguments[0]))


def _select(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e, made = body.e, target_of(body, instruction)
    (flag,), *sides = values_of(body, instruction)
    kinds = kinds_of(body, instruction)[1:]
    then, otherwise = (convert_value(e, kind, made, side) for kind, side in zip(kinds, sides, strict=True))
    write_target(body, instruction, tuple(e.select(flag, t, a, b) for t, a, b in zip(components(made), then, otherwise, strict=True)))


def _nothing(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    pass


def _static(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    write_target(body, instruction, ())


def _outside(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    """An array that is watched: the same object, but its buffer, shape or dtype may have changed since."""
    found = body.e.module.external(f"guard.{body.typed.outside[id(instruction)]}.value")
    body.e.exits += 1
    write_target(body, instruction, emit_unbox(body.e, target_of(body, instruction), found, body.e.exit_label))


def _tuple(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    write_target(body, instruction, tuple(c for value in values_of(body, instruction) for c in value))


def _unpack(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    kind = kinds_of(body, instruction)[0]
    if isinstance(kind, Array):
        _unpack_array(body, instruction, kind)
        return
    kind = kind.rows if isinstance(kind, FieldArray) else kind
    assert isinstance(kind, Tuple)
    parts = arrays.tuple_parts(kind, body.read(instruction.arguments[0]))
    for name, item, part in zip(instruction.targets, kind.items, parts, strict=True):
        body.write(name, item, part)


def _unpack_array(body: FunctionBody, instruction: Instruction, kind: Array) -> None:
    """Items or rows of an array; another number of them leaves."""
    value, e = body.read(instruction.arguments[0]), body.e
    e.exit_if(e.value(f"icmp ne i64 {arrays.shape_of(kind, value)[0]}, {len(instruction.targets)}"))
    for k, (name, item) in enumerate(zip(instruction.targets, body.typed.target_kinds[id(instruction)], strict=True)):
        body.write(name, item, arrays.emit_item(e, kind, (Int(),), value, [(str(k),)], checked=False))


# -- operators


def _binary(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    symbol, e = instruction.detail, body.e
    if id(instruction) in body.typed.counters:
        x, y = (value[0] for value in values_of(body, instruction))
        write_target(body, instruction, (e.value(f"{'add' if symbol == '+' else 'sub'} nsw i64 {x}, {y}"),))
        return
    if id(instruction) in body.typed.summed:
        write_target(body, instruction, (emit_sum_step(e, symbol, kinds_of(body, instruction), values_of(body, instruction)),))
        return
    e.operation = id(instruction)
    e.is_covered, e.adds_to = e.operation in body.typed.covered, body.typed.adds.get(e.operation, 0)
    made = emit_union(
        e, lambda *k: operators.binary_kind(symbol, *k), lambda k, v: _arithmetic(body, symbol, (k[0], k[1]), (v[0], v[1])),
        kinds_of(body, instruction), values_of(body, instruction), target_of(body, instruction),
    )  # fmt: skip
    e.is_covered, e.adds_to, e.operation = False, 0, 0
    write_target(body, instruction, made)


_RELAXED = "reassoc contract nsz arcp"  # infinity and NaN stay what they are


def _arithmetic(body: FunctionBody, symbol: str, kinds: tuple[Kind, Kind], values: tuple[Value, Value]) -> Value:
    e = body.e
    floats = (isinstance(k, (Float, Complex)) or (isinstance(k, Scalar) and k.dtype.family in "fc") for k in kinds)
    e.float_flags = _RELAXED if body.relaxed and symbol in ("+", "-", "*", "/") and any(floats) else ""
    made = emit_binary(e, symbol, *kinds, *values)
    e.float_flags = ""
    return made


def _unary(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    symbol, e = instruction.detail, body.e
    write_target(body, instruction, emit_union(
        e, lambda *k: operators.unary_kind(symbol, *k), lambda k, v: emit_unary(e, symbol, k[0], v[0]),
        kinds_of(body, instruction), values_of(body, instruction), target_of(body, instruction),
    ))  # fmt: skip


def _compare(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    symbol = instruction.detail
    kinds, values = kinds_of(body, instruction), values_of(body, instruction)
    if isinstance(kinds[1], Range) and symbol in ("in", "not in"):
        found = loops.range_contains(body.e, values[1], arrays.emit_integer(body.e, kinds[0], values[0]))
        write_target(body, instruction, (body.e.value(f"xor i1 {found}, true") if symbol == "not in" else found,))
    elif symbol in ("in", "not in"):
        write_target(body, instruction, (_membership(body, kinds, values, symbol == "not in"),))
    else:
        write_target(body, instruction, _comparison(body, symbol, kinds, values, target_of(body, instruction)))


def _comparison(body: FunctionBody, symbol: str, kinds: tuple[Kind, ...], values: list[Value], result: Kind) -> Value:
    e = body.e
    return emit_union(
        e,
        lambda *k: operators.compare_kind(symbol, *k),
        lambda k, v: emit_compare(e, symbol, k[0], k[1], v[0], v[1]),
        kinds,
        values,
        result,
    )


def _membership(body: FunctionBody, kinds: tuple[Kind, ...], values: list[Value], negated: bool) -> str:
    """`x in (a, b)`: the comparisons have no effects, so all are made."""
    items = kinds[1]
    assert isinstance(items, Tuple)
    e, found = body.e, "false"
    for item, part in zip(items.items, arrays.tuple_parts(items, values[1]), strict=True):
        pair = (kinds[0], item)
        result = operators.joined_kind(lambda *k: operators.compare_kind("==", *k), pair)
        assert result is not None
        one = emit_union(e, lambda *k: Bool(), lambda k, v: (emit_truth(e, k[0], v[0]),), (result,),
                         [_comparison(body, "==", pair, [values[0], part], result)], Bool())  # fmt: skip
        found = e.value(f"or i1 {found}, {one[0]}")
    return e.value(f"xor i1 {found}, true") if negated else found


def _truth(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e = body.e
    write_target(body, instruction, emit_union(
        e, lambda *k: Bool(), lambda k, v: (emit_truth(e, k[0], v[0]),), kinds_of(body, instruction), values_of(body, instruction), Bool()
    ))  # fmt: skip


_OPERATORS = ("binary", "compare", "inplace", "truth", "unary")


def _vector_operator(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    """An operator of SIMD values."""
    operands = list(zip(kinds_of(body, instruction), values_of(body, instruction), strict=True))
    op = "binary" if instruction.op == "inplace" else instruction.op
    write_target(body, instruction, emit_vector_operator(body.e, op, instruction.detail, operands, target_of(body, instruction)))


# -- arrays, tuples, loops


def _item(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    base, *kinds = kinds_of(body, instruction)
    if isinstance(base, Static):  # a generic struct, a class of SIMD values
        write_target(body, instruction, ())
        return
    value, *indexes = values_of(body, instruction)
    if isinstance(base, Vector):
        write_target(body, instruction, emit_vector_item(body.e, base, value, arrays.emit_integer(body.e, kinds[0], indexes[0])))
        return
    if isinstance(base, FieldArray):
        places = [arrays.emit_integer(body.e, kind, index) for kind, index in zip(kinds, indexes, strict=True)]
        write_target(body, instruction, emit_field_item(body.e, base, value, places))
        return
    pick = body.typed.picks.get(id(instruction))
    if isinstance(base, Tuple) and pick is not None:
        parts = arrays.tuple_parts(base, value)
        write_target(body, instruction, parts[pick] if isinstance(pick, int) else tuple(c for part in parts[pick] for c in part))
        return
    if isinstance(base, Range):
        write_target(body, instruction, (loops.range_item(body.e, value, arrays.emit_integer(body.e, kinds[0], indexes[0])),))
        return
    if isinstance(base, Tuple):
        at = arrays.emit_integer(body.e, kinds[0], indexes[0])
        write_target(body, instruction, arrays.emit_tuple_item(body.e, base, value, at))
        return
    if isinstance(base, StructArray):
        write_target(body, instruction, arrays.emit_item(body.e, base, tuple(kinds), value, indexes))
        return
    assert isinstance(base, Array)
    certain, indexes = _certain(body, instruction, base, value, indexes)
    write_target(body, instruction, arrays.emit_item(body.e, base, tuple(kinds), value, indexes, checked=not certain))


def _certain(body: FunctionBody, i: Instruction, base: Array, value: Value, indexes: list[Value]) -> tuple[bool, list[Value]]:
    """Whether subscripts are known to be in range, and those with the ones from the end counted from the beginning."""
    if not isinstance(i.detail, Access):
        return False, indexes
    lengths = arrays.shape_of(base, value)
    return True, [
        (body.e.value(f"add i64 {length}, {index[0]}"),) if form.is_from_end else index
        for form, length, index in zip(i.detail.indexes, lengths, indexes, strict=True)
    ]


def _set_item(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    base, *kinds, kind = kinds_of(body, instruction)
    value, *indexes, stored = values_of(body, instruction)
    if isinstance(base, StructArray):
        store_record(body.e, base.struct, arrays.record_address(body.e, base, tuple(kinds), value, indexes), (kind, stored))
        return
    assert isinstance(base, Array)
    e, members = body.e, (kind,)
    certain, indexes = _certain(body, instruction, base, value, indexes)

    def store(k: tuple[Kind, ...], v: tuple[Value, ...]) -> Value:
        arrays.emit_set_item(e, base, tuple(kinds), value, indexes, (k[0], v[0]), checked=not certain)
        return ()

    emit_union(e, lambda *k: NoneKind(), store, members, [stored], NoneKind())


def _set_attribute(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    (base, kind), (value, stored) = kinds_of(body, instruction), values_of(body, instruction)
    assert isinstance(base, View)
    store_field(body.e, base, instruction.detail, value, (kind, stored))


def _slice(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    write_target(body, instruction, tuple(c for value in values_of(body, instruction) for c in value))


def _attribute(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    base, name = kinds_of(body, instruction)[0], instruction.detail
    value = body.read(instruction.arguments[0])
    if isinstance(base, Static) or isinstance(target_of(body, instruction), Static):
        write_target(body, instruction, ())
    elif isinstance(base, Tuple) and isinstance(pick := body.typed.picks.get(id(instruction)), int):
        write_target(body, instruction, arrays.tuple_parts(base, value)[pick])
    elif isinstance(base, (Struct, View)):
        write_target(body, instruction, field_value(body.e, base, name, value))
    elif isinstance(base, Array) and name == "dtype":
        body.e.exit_if(arrays.has_other_dtype(body.e, base, value))
        write_target(body, instruction, ())
    elif isinstance(base, FieldArray):
        write_target(body, instruction, field_attribute(base, name))
    elif isinstance(base, (Array, StructArray)):
        write_target(body, instruction, arrays.array_attribute(body.e, base, name, value))
    elif isinstance(base, Range):
        write_target(body, instruction, (value[("start", "stop", "step").index(name)],))
    else:
        full = f"attribute.{name}"
        write_target(body, instruction, emit_union(
            body.e, lambda *k: functions.function_kind(full, k), lambda k, v: emit_function(body.e, full, k, list(v)),
            (base,), [value], target_of(body, instruction),
        ))  # fmt: skip


def _iterate(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    write_target(body, instruction, loops.start_iterator(body.e, kinds_of(body, instruction)[0], body.read(instruction.arguments[0])))


def _next(body: FunctionBody, instruction: Instruction, successors: Successors) -> bool:
    e, kind = body.e, kinds_of(body, instruction)[0]
    item_kind, state_kind = body.typed.target_kinds[id(instruction)]
    if isinstance(item_kind, Never):
        body.jump(successors[1])
        return True
    state = body.read(instruction.arguments[0])
    turn = e.label("turn")
    finished = loops.is_finished(e, kind, state)
    after = body.e.label("over")
    e.branch_if(finished, after, turn)
    e.place(after)
    kept = dict(body.state)
    body.jump(successors[1])
    body.state = kept
    e.place(turn)
    item = loops.current_item(e, kind, state)
    following = loops.advance(e, kind, state)
    body.write(instruction.targets[0], item_kind, item)
    body.write(instruction.targets[1], state_kind, following)
    body.jump(successors[0])
    return True


def _poll(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    serve_signals(body, instruction)


def _return(body: FunctionBody, instruction: Instruction, successors: Successors) -> bool:
    kind, result = kinds_of(body, instruction)[0], body.typed.result
    e = body.e
    if isinstance(result, Static) or isinstance(kind, Static):
        e.branch(e.exit_label)
        e.exits += 1
        return True
    value = convert_value(e, kind, result, body.read(instruction.arguments[0]))
    body.take_references(result, value)
    store_values(e, components(result), value, "%result")
    body.end("0")
    return True


_STEPS: dict[str, Callable[[FunctionBody, Instruction, Successors], bool | None]] = {
    "attribute": _attribute, "binary": _binary, "bound": _bound, "call": lower_call, "cell": _static, "closure": _static, "compare": _compare, "const": _static,
    "copy": _copy, "delete": _delete, "inplace": _binary, "item": _item, "iterate": _iterate, "next": _next, "outside": _outside, "poll": _poll, "result": _nothing,
    "return": _return, "select": _select, "set_attribute": _set_attribute, "set_item": _set_item, "slice": _slice, "spread": _nothing, "spread_call": lower_call, "static": _static,
    "truth": _truth, "tuple": _tuple, "unary": _unary, "unpack": _unpack, **STRIP_STEPS,
}  # fmt: skip
