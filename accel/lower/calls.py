"""Calls in LLVM text: of functions known by name, of other compiled functions, of classes of structs and of SIMD values. And what all steps ask of an instruction."""

from __future__ import annotations

from accel.ir import Call, Instruction
from accel.lower import loops
from accel.lower.body import REDO, FunctionBody
from accel.lower.constants import constant_value
from accel.lower.convert import as_int
from accel.lower.functions import emit_function
from accel.lower.layout import Value, components, word_places
from accel.lower.operators import emit_truth, tuple_items
from accel.lower.ownership import emit_doubt
from accel.lower.recursion import enter_call, leave_call
from accel.lower.results import load_result
from accel.lower.structs import as_field, emit_struct
from accel.lower.unions import emit_union
from accel.lower.vector_calls import emit_vector_call
from accel.types import functions
from accel.types.kinds import (
    Array,
    Bool,
    Constant,
    EnumerateIterator,
    FieldArray,
    Float,
    Int,
    Kind,
    Never,
    Range,
    Static,
    Struct,
    StructArray,
    Tuple,
)

__all__ = ["kinds_of", "lower_call", "serve_signals", "target_of", "values_of", "write_target"]

Successors = tuple[str, ...]


def values_of(body: FunctionBody, instruction: Instruction) -> list[Value]:
    """The operands of an instruction."""
    return [body.read(name) for name in instruction.arguments]


def kinds_of(body: FunctionBody, instruction: Instruction) -> tuple[Kind, ...]:
    """Their kinds."""
    return body.typed.argument_kinds[id(instruction)]


def target_of(body: FunctionBody, instruction: Instruction) -> Kind:
    """The kind of what it gives."""
    return body.typed.target_kinds[id(instruction)][0]


def write_target(body: FunctionBody, instruction: Instruction, value: Value) -> None:
    """Bind its target."""
    body.write(instruction.targets[0], target_of(body, instruction), value)


def serve_signals(body: FunctionBody, instruction: Instruction) -> None:
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


def lower_call(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    """A call, or an operation that is one."""
    call = body.typed.calls[id(instruction)]
    if call.name.startswith("simd."):
        operands, target = _call_operands(body, instruction), target_of(body, instruction)
        made = emit_vector_call(body.e, call.name, call.bound, operands, target, is_sure=instruction.is_sure)
        write_target(body, instruction, made)
    elif call.name == "struct":
        _construct(body, instruction, call)
    elif call.function is not None:
        _function_call(body, instruction, call)
    elif isinstance(target_of(body, instruction), Static):
        write_target(body, instruction, ())
    else:
        write_target(body, instruction, _known_call(body, instruction, call))


def _call_operands(body: FunctionBody, instruction: Instruction) -> list[tuple[Kind, Value]]:
    """The callee, what it captures and the arguments of a call; tuples with `*` taken apart."""
    starred = instruction.detail[4] if instruction.op == "spread_call" else ()
    found: list[tuple[Kind, Value]] = []
    for k, (kind, value) in enumerate(zip(kinds_of(body, instruction), values_of(body, instruction), strict=True)):
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
    """A struct of its fields; its `__post_init__` is called with it, which may raise."""
    kind = target_of(body, instruction) if call.function is None else call.function.kinds[0]
    assert isinstance(kind, (Struct, Tuple))
    made = emit_struct(body.e, kind, call.given or call.bound, _call_operands(body, instruction)[1:])
    if call.function is not None and _value_of_call(body, instruction, call, [(kind, made)], (kind, made)) is None:
        return
    write_target(body, instruction, made)


def _known_call(body: FunctionBody, instruction: Instruction, call: Call) -> Value:
    e, name = body.e, call.name
    kinds, values = _bound_arguments(body, instruction, call)
    match name, kinds:
        case "builtins.range", _:
            return loops.emit_range(e, kinds, values)
        case "builtins.enumerate", _:
            inner = target_of(body, instruction)
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
        case "builtins.len", (FieldArray(sizes=sizes),):
            return (str(sizes[0]),)
        case "builtins.len", (Range(),):
            length = loops.range_length(e, values[0])
            e.exit_if(e.value(f"icmp slt i64 {length}, 0"))
            return (length,)
    return emit_union(
        e, lambda *k: functions.function_kind(name, k), lambda k, v: emit_function(e, name, tuple(k), list(v)), kinds, values,
        target_of(body, instruction),
    )  # fmt: skip


def _function_call(body: FunctionBody, instruction: Instruction, call: Call) -> None:
    """A call of another compiled function."""
    operands = _call_operands(body, instruction)
    value = _value_of_call(body, instruction, call, operands[1:] if call.operands is None else [operands[k] for k in call.operands])
    if value is not None:
        write_target(body, instruction, _answer(body, instruction, call, value) if call.asks else value)


def _value_of_call(
    body: FunctionBody, instruction: Instruction, call: Call, operands: list[tuple[Kind, Value]], made: tuple[Kind, Value] | None = None
) -> Value | None:
    """What another compiled function gives, None if nothing: its status says whether it went well, raised, or ended in CPython. `made` is the value of the call
    where that is not what the function gives."""
    e, callee = body.e, call.function
    assert callee is not None
    found, values = [kind for kind, _ in operands], [value for _, value in operands]
    arguments: list[str] = []
    passed: list[tuple[Kind, Value]] = []
    for (what, value), kind in zip(call.bound, callee.kinds, strict=True):
        passed.append((found[value], values[value]) if what == "argument" else (kind, ()))
        match what:
            case "argument" if isinstance(kind, (Constant, Static)):  # of a class method called on an object, too: its operand is that
                continue
            case "argument":
                given = values[value] if found[value] == kind or isinstance(kind, Array) else as_field(e, kind, found[value], values[value])
            case "rest":
                given = tuple(c for k in value for c in values[k])
            case _:
                given = constant_value(kind, value)
        arguments += [f"{t} {v}" for t, v in zip(components(kind), given, strict=True)]
    e.exit_if(emit_doubt(e, callee.source.function, passed) or "false")
    if callee.recursive:
        serve_signals(body, instruction)
    enter_call(body, callee)
    result = e.slot(f"[{max(word_places(components(callee.result))[-1], 1)} x i64]", align=8)
    status = e.value(f'call i32 @"{callee.symbol}"({", ".join([f"ptr {result}", "ptr %state", *arguments])})')
    leave_call(body, callee)
    good, bad = e.label("called"), e.label("left")
    e.branch_if(e.value(f"icmp eq i32 {status}, 0"), good, bad, likely=True)
    e.place(bad)
    names = instruction.detail[2] if instruction.op in ("call", "spread_call") else ()
    captured = instruction.arguments[1 : 1 + len(names)]
    takes = tuple(captured[names.index(name)] for name in callee.written)
    _hand_over(body, instruction, status, takes, asks=call.asks, made=made)
    e.place(good)
    if isinstance(callee.result, Never):
        return None
    value = load_result(e, callee.result, result)
    body.own(id(instruction), callee.result, value)
    return value


def _answer(body: FunctionBody, instruction: Instruction, call: Call, value: Value) -> Value:
    """What an operation makes of the answer of the method that it asks its operand for."""
    assert call.function is not None
    e, kind = body.e, call.function.result
    if call.asks.endswith(".__len__"):
        value = (as_int(e, kind, value),)
        negative, fine = e.label("negative"), e.label("length")
        e.branch_if(e.value(f"icmp slt i64 {value[0]}, 0"), negative, fine, likely=False)
        e.place(negative)
        body.attach()
        exit_label = body.make_exit(instruction, asks=call.asks, result=(Int(), value))
        body.keep_exit()
        e.branch(exit_label)
        e.place(fine)
        kind = Int()
    if not isinstance(target_of(body, instruction), Bool):
        return value
    truth = emit_union(e, lambda *k: Bool(), lambda k, v: (emit_truth(e, k[0], v[0]),), (kind,), [value], Bool())
    return (e.value(f"xor i1 {truth[0]}, true"),) if "not" in (call.asks, instruction.detail) else truth


def _hand_over(body: FunctionBody, instruction: Instruction, status: str, takes: tuple[str, ...], *, asks: str, made: tuple[Kind, Value] | None) -> None:
    """The callee gave an object or an exception: CPython goes on here with it, or with what has been made in place of the object."""
    e = body.e
    if body.pure:
        body.end(status)
        return
    raised, given = e.label("raised"), e.label("given")
    e.branch_if(e.value(f"icmp eq i32 {status}, 1"), raised, given)
    value, raise_ = "value", "raise"
    if instruction.op == "compare":
        value, asks = f"{asks or value}{instruction.phase}", ""
    elif asks:
        value = raise_ = instruction.phase
    for label, phase, operand in ((given, value, "load ptr, ptr %state"), (raised, raise_, 'call ptr @"accel.fetch"()')):
        e.place(label)
        body.attach()
        result = made if label == given else None
        exit_label = body.make_exit(instruction, phase, extra=e.value(operand), takes=takes, asks=asks, raises=bool(asks) and label == raised, result=result)
        body.keep_exit()
        e.branch(exit_label)
