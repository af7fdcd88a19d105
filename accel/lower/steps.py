"""What each op of a flow becomes in LLVM text: one function per op."""

from __future__ import annotations

from collections.abc import Callable

from accel.ir import Access, Call, Instruction
from accel.lower import arrays, loops
from accel.lower.body import REDO, FunctionBody
from accel.lower.constants import constant_value
from accel.lower.convert import convert_value
from accel.lower.functions import emit_function
from accel.lower.layout import Value, components
from accel.lower.operators import emit_binary, emit_compare, emit_truth, emit_unary, tuple_items
from accel.lower.python_steps import python_step
from accel.lower.recursion import emit_last_room, enter_call, leave_call
from accel.lower.results import load_result
from accel.lower.strips import STRIP_STEPS, emit_sum_step
from accel.lower.structs import as_field, emit_struct, field_value, store_field, store_record
from accel.lower.unbox import emit_unbox
from accel.lower.unions import emit_union
from accel.types import functions, operators
from accel.types.kinds import (
    Array,
    Bool,
    Complex,
    Constant,
    EnumerateIterator,
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
    step = python_step if key in typed.steps else _call if is_call else _STEPS[instruction.op]
    ended = step(body, instruction, successors)
    kinds = typed.target_kinds.get(key, ())
    if not ended and any(isinstance(k, Never) for k in kinds):
        body.e.do("unreachable")
        return True
    return bool(ended)


def _values(body: FunctionBody, instruction: Instruction) -> list[Value]:
    return [body.read(name) for name in instruction.arguments]


def _kinds(body: FunctionBody, instruction: Instruction) -> tuple[Kind, ...]:
    return body.typed.argument_kinds[id(instruction)]


def _target(body: FunctionBody, instruction: Instruction) -> Kind:
    return body.typed.target_kinds[id(instruction)][0]


def _write(body: FunctionBody, instruction: Instruction, value: Value) -> None:
    body.write(instruction.targets[0], _target(body, instruction), value)


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
    _write(body, instruction, body.read(instruction.arguments[0]))


def _select(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e, made = body.e, _target(body, instruction)
    (flag,), *sides = _values(body, instruction)
    kinds = _kinds(body, instruction)[1:]
    then, otherwise = (convert_value(e, kind, made, side) for kind, side in zip(kinds, sides, strict=True))
    _write(body, instruction, tuple(e.select(flag, t, a, b) for t, a, b in zip(components(made), then, otherwise, strict=True)))


def _nothing(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    pass


def _static(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    _write(body, instruction, ())


def _outside(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    """An array that is watched: the same object, but its buffer, shape or dtype may have changed since."""
    found = body.e.module.external(f"guard.{body.typed.outside[id(instruction)]}.value")
    body.e.exits += 1
    _write(body, instruction, emit_unbox(body.e, _target(body, instruction), found, body.e.exit_label))


def _tuple(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    _write(body, instruction, tuple(c for value in _values(body, instruction) for c in value))


def _unpack(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    kind = _kinds(body, instruction)[0]
    if isinstance(kind, Array):
        _unpack_array(body, instruction, kind)
        return
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
        x, y = (value[0] for value in _values(body, instruction))
        _write(body, instruction, (e.value(f"{'add' if symbol == '+' else 'sub'} nsw i64 {x}, {y}"),))
        return
    if id(instruction) in body.typed.summed:
        _write(body, instruction, (emit_sum_step(e, symbol, _kinds(body, instruction), _values(body, instruction)),))
        return
    e.operation = id(instruction)
    e.is_covered, e.adds_to = e.operation in body.typed.covered, body.typed.adds.get(e.operation, 0)
    made = emit_union(
        e, lambda *k: operators.binary_kind(symbol, *k), lambda k, v: _arithmetic(body, symbol, (k[0], k[1]), (v[0], v[1])),
        _kinds(body, instruction), _values(body, instruction), _target(body, instruction),
    )  # fmt: skip
    e.is_covered, e.adds_to, e.operation = False, 0, 0
    _write(body, instruction, made)


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
    _write(body, instruction, emit_union(
        e, lambda *k: operators.unary_kind(symbol, *k), lambda k, v: emit_unary(e, symbol, k[0], v[0]),
        _kinds(body, instruction), _values(body, instruction), _target(body, instruction),
    ))  # fmt: skip


def _compare(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    symbol = instruction.detail
    kinds, values = _kinds(body, instruction), _values(body, instruction)
    if isinstance(kinds[1], Range) and symbol in ("in", "not in"):
        found = loops.range_contains(body.e, values[1], arrays.emit_integer(body.e, kinds[0], values[0]))
        _write(body, instruction, (body.e.value(f"xor i1 {found}, true") if symbol == "not in" else found,))
    elif symbol in ("in", "not in"):
        _write(body, instruction, (_membership(body, kinds, values, symbol == "not in"),))
    else:
        _write(body, instruction, _comparison(body, symbol, kinds, values, _target(body, instruction)))


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
    _write(body, instruction, emit_union(
        e, lambda *k: Bool(), lambda k, v: (emit_truth(e, k[0], v[0]),), _kinds(body, instruction), _values(body, instruction), Bool()
    ))  # fmt: skip


# -- arrays, tuples, loops


def _item(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    base, *kinds = _kinds(body, instruction)
    if isinstance(base, Static):  # a generic struct
        _write(body, instruction, ())
        return
    value, *indexes = _values(body, instruction)
    pick = body.typed.picks.get(id(instruction))
    if isinstance(base, Tuple) and pick is not None:
        parts = arrays.tuple_parts(base, value)
        _write(body, instruction, parts[pick] if isinstance(pick, int) else tuple(c for part in parts[pick] for c in part))
        return
    if isinstance(base, Range):
        _write(body, instruction, (loops.range_item(body.e, value, arrays.emit_integer(body.e, kinds[0], indexes[0])),))
        return
    if isinstance(base, Tuple):
        at = arrays.emit_integer(body.e, kinds[0], indexes[0])
        _write(body, instruction, arrays.emit_tuple_item(body.e, base, value, at))
        return
    if isinstance(base, StructArray):
        _write(body, instruction, arrays.emit_item(body.e, base, tuple(kinds), value, indexes))
        return
    assert isinstance(base, Array)
    certain, indexes = _certain(body, instruction, base, value, indexes)
    _write(body, instruction, arrays.emit_item(body.e, base, tuple(kinds), value, indexes, checked=not certain))


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
    base, *kinds, kind = _kinds(body, instruction)
    value, *indexes, stored = _values(body, instruction)
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
    (base, kind), (value, stored) = _kinds(body, instruction), _values(body, instruction)
    assert isinstance(base, View)
    store_field(body.e, base, instruction.detail, value, (kind, stored))


def _slice(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    _write(body, instruction, tuple(c for value in _values(body, instruction) for c in value))


def _attribute(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    base, name = _kinds(body, instruction)[0], instruction.detail
    value = body.read(instruction.arguments[0])
    if isinstance(base, Static) or isinstance(_target(body, instruction), Static):
        _write(body, instruction, ())
    elif isinstance(base, Tuple) and isinstance(pick := body.typed.picks.get(id(instruction)), int):
        _write(body, instruction, arrays.tuple_parts(base, value)[pick])
    elif isinstance(base, (Struct, View)):
        _write(body, instruction, field_value(body.e, base, name, value))
    elif isinstance(base, Array) and name == "dtype":
        body.e.exit_if(arrays.has_other_dtype(body.e, base, value))
        _write(body, instruction, ())
    elif isinstance(base, (Array, StructArray)):
        _write(body, instruction, arrays.array_attribute(body.e, base, name, value))
    elif isinstance(base, Range):
        _write(body, instruction, (value[("start", "stop", "step").index(name)],))
    else:
        full = f"attribute.{name}"
        _write(body, instruction, emit_union(
            body.e, lambda *k: functions.function_kind(full, k), lambda k, v: emit_function(body.e, full, k, list(v)),
            (base,), [value], _target(body, instruction),
        ))  # fmt: skip


def _iterate(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    _write(body, instruction, loops.start_iterator(body.e, _kinds(body, instruction)[0], body.read(instruction.arguments[0])))


def _next(body: FunctionBody, instruction: Instruction, successors: Successors) -> bool:
    e, kind = body.e, _kinds(body, instruction)[0]
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
    _serve_signals(body, instruction)


def _serve_signals(body: FunctionBody, instruction: Instruction) -> None:
    """Run the handlers of signals that have arrived; what one raises is raised here, else compiled code goes on."""
    e = body.e
    watched = body.watched or e.module.external("accel.tripped")
    word = e.value(f"load atomic i32, ptr {watched} monotonic, align 4")
    arrived, raised, go_on = e.label("arrived"), e.label("raised"), e.label("quiet")
    e.branch_if(e.value(f"icmp ne i32 {word}, 0"), arrived, go_on, likely=False)
    e.place(arrived)
    if body.pure:
        body.end(REDO)
        e.place(go_on)
        return
    answer = e.value(f'call preserve_allcc i32 {"@accel.look(ptr %state)" if body.detached else "@accel.signals()"}')
    e.branch_if(e.value(f"icmp slt i32 {answer}, 0"), raised, go_on)
    e.place(raised)
    body.attach()
    exit_label = body.make_exit(instruction, "raise", extra=e.value('call ptr @"accel.fetch"()'))
    body.keep_exit()
    e.branch(exit_label)
    e.place(go_on)


def _return(body: FunctionBody, instruction: Instruction, successors: Successors) -> bool:
    kind, result = _kinds(body, instruction)[0], body.typed.result
    e = body.e
    if isinstance(result, Static) or isinstance(kind, Static):
        e.branch(e.exit_label)
        e.exits += 1
        return True
    value = convert_value(e, kind, result, body.read(instruction.arguments[0]))
    body.take_references(result, value)
    for k, (type_, part) in enumerate(zip(components(result), value, strict=True)):
        body.store_word(type_, part, e.value(f"getelementptr i64, ptr %result, i64 {k}"))
    body.end("0")
    return True


# -- calls


def _call(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    call = body.typed.calls[id(instruction)]
    if call.function is not None:
        _function_call(body, instruction, call)
    elif call.name == "struct":
        _construct(body, instruction, call)
    elif isinstance(_target(body, instruction), Static):
        _write(body, instruction, ())
    else:
        _write(body, instruction, _known_call(body, instruction, call))


def _call_operands(body: FunctionBody, instruction: Instruction) -> list[tuple[Kind, Value]]:
    """The callee, what it captures and the arguments of a call; tuples with `*` taken apart."""
    starred = instruction.detail[4] if instruction.op == "spread_call" else ()
    found: list[tuple[Kind, Value]] = []
    for k, (kind, value) in enumerate(zip(_kinds(body, instruction), _values(body, instruction), strict=True)):
        if k < len(starred) and starred[k]:
            assert isinstance(kind, Tuple)
            found += tuple_items(kind, value)
        else:
            found.append((kind, value))
    return found


def _bound_arguments(body: FunctionBody, instruction: Instruction, call: Call) -> tuple[tuple[Kind, ...], list[Value]]:
    """The arguments of a known function in the order of its parameters."""
    (first, receiver), *given = _call_operands(body, instruction)
    kinds, values = [kind for kind, _ in given], [value for _, value in given]
    bound: list[tuple[Kind, Value]] = []
    for what, value in call.bound:
        match what:
            case "receiver":
                bound.append((first, receiver))
            case "default":
                bound.append((Float(), constant_value(Float(), value)))
            case _:
                bound.append((kinds[value], values[value]))
    return tuple(kind for kind, _ in bound), [value for _, value in bound]


def _construct(body: FunctionBody, instruction: Instruction, call: Call) -> None:
    """A struct of its fields."""
    kind = _target(body, instruction)
    assert isinstance(kind, (Struct, Tuple))
    _write(body, instruction, emit_struct(body.e, kind, call.bound, _call_operands(body, instruction)[1:]))


def _known_call(body: FunctionBody, instruction: Instruction, call: Call) -> Value:
    e, name = body.e, call.name
    kinds, values = _bound_arguments(body, instruction, call)
    match name, kinds:
        case "builtins.range", _:
            return loops.emit_range(e, kinds, values)
        case "builtins.enumerate", _:
            inner = _target(body, instruction)
            assert isinstance(inner, EnumerateIterator)
            start = values[1][0] if len(values) > 1 else "0"
            if start != "0":  # so that the count can't leave 64 bits
                e.exit_if(e.value(f"icmp sgt i64 {start}, {2**62}"))
            return (start, *loops.start_iterator(e, kinds[0], values[0]))
        case "builtins.reversed", _:
            return loops.reverse_range(e, values[0])
        case "builtins.zip", _:
            return tuple(c for k, v in zip(kinds, values, strict=True) for c in loops.start_iterator(e, k, v))
        case "builtins.len", (Array() | StructArray(),):
            return (values[0][2],)
        case "builtins.len", (Range(),):
            length = loops.range_length(e, values[0])
            e.exit_if(e.value(f"icmp slt i64 {length}, 0"))
            return (length,)
    return emit_union(
        e, lambda *k: functions.function_kind(name, k), lambda k, v: emit_function(e, name, tuple(k), list(v)), kinds, values,
        _target(body, instruction),
    )  # fmt: skip


def _function_call(body: FunctionBody, instruction: Instruction, call: Call) -> None:
    """A call of another compiled function: its status says whether it went well, raised, or ended in CPython."""
    e, callee = body.e, call.function
    assert callee is not None
    operands = _call_operands(body, instruction)
    operands = operands[1:] if call.operands is None else [operands[k] for k in call.operands]
    found, values = [kind for kind, _ in operands], [value for _, value in operands]
    arguments: list[str] = []
    for (what, value), kind in zip(call.bound, callee.kinds, strict=True):
        match what:
            case "argument" if isinstance(kind, Constant):
                continue
            case "argument":
                given = values[value] if found[value] == kind else as_field(e, kind, found[value], values[value])
            case "rest":
                given = tuple(c for k in value for c in values[k])
            case _:
                given = constant_value(kind, value)
        arguments += [f"{t} {v}" for t, v in zip(components(kind), given, strict=True)]
    if callee.recursive:
        _serve_signals(body, instruction)
    enter_call(body, callee)
    result = e.slot(f"[{max(len(components(callee.result)), 1)} x i64]", align=8)
    status = e.value(f'call i32 @"{callee.symbol}"({", ".join([f"ptr {result}", "ptr %state", *arguments])})')
    leave_call(body, callee)
    good, bad = e.label("called"), e.label("left")
    e.branch_if(e.value(f"icmp eq i32 {status}, 0"), good, bad, likely=True)
    e.place(bad)
    names = instruction.detail[2] if instruction.op in ("call", "spread_call") else ()
    captured = instruction.arguments[1 : 1 + len(names)]
    takes = tuple(captured[names.index(name)] for name in callee.written)
    _hand_over(body, instruction, status, takes)
    e.place(good)
    if isinstance(callee.result, Never):
        return
    value = load_result(e, callee.result, result)
    body.own(id(instruction), callee.result, value)
    _write(body, instruction, value)


def _hand_over(body: FunctionBody, instruction: Instruction, status: str, takes: tuple[str, ...]) -> None:
    """The callee gave an object or an exception: CPython goes on here with it."""
    e = body.e
    if body.pure:
        body.end(status)
        return
    raised, given = e.label("raised"), e.label("given")
    e.branch_if(e.value(f"icmp eq i32 {status}, 1"), raised, given)
    for label, phase, operand in (
        (given, "value", "load ptr, ptr %state"),
        (raised, "raise", 'call ptr @"accel.fetch"()'),
    ):
        e.place(label)
        body.attach()
        exit_label = body.make_exit(instruction, phase, extra=e.value(operand), takes=takes)
        body.keep_exit()
        e.branch(exit_label)


_STEPS: dict[str, Callable[[FunctionBody, Instruction, Successors], bool | None]] = {
    "attribute": _attribute, "binary": _binary, "bound": _bound, "call": _call, "cell": _static, "closure": _static, "compare": _compare, "const": _static,
    "copy": _copy, "delete": _delete, "inplace": _binary, "item": _item, "iterate": _iterate, "next": _next, "outside": _outside, "poll": _poll, "result": _nothing,
    "return": _return, "select": _select, "set_attribute": _set_attribute, "set_item": _set_item, "slice": _slice, "spread": _nothing, "spread_call": _call, "static": _static,
    "truth": _truth, "tuple": _tuple, "unary": _unary, "unpack": _unpack, **STRIP_STEPS,
}  # fmt: skip
