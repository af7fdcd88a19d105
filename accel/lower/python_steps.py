"""Operations that CPython does on behalf of compiled code: operands become objects, what comes back a value."""

from __future__ import annotations

from accel.ir import Block, Flow, Instruction
from accel.lower.body import FunctionBody
from accel.lower.box import emit_box, emit_with
from accel.lower.layout import Value, owner_positions
from accel.lower.unbox import emit_unbox
from accel.types.kinds import Array, Kind

__all__ = ["python_step"]


def python_step(body: FunctionBody, instruction: Instruction, successors: tuple[str, ...]) -> None:
    """Have CPython do an operation: box the operands, call, unbox; an exception, or a result of another kind, leaves."""
    e, step = body.e, body.typed.steps[id(instruction)]
    if step.takes_over:
        _leave_if_shared(body, instruction)
    kinds, values = body.typed.argument_kinds[id(instruction)], [body.read(name) for name in instruction.arguments]
    callee = e.module.external(f"python.{body.typed.symbol}.{len(body.steps)}")
    body.steps.append(step)
    array = e.slot(f"[{len(step.operands) + 1} x ptr]", align=8)
    boxed = []
    for k, position in enumerate(step.operands):
        boxed.append(emit_box(e, kinds[position], values[position]))
        e.do(f"store ptr {boxed[-1]}, ptr {e.value(f'getelementptr ptr, ptr {array}, i64 {k}')}")

    def call() -> str:
        arguments = ("ptr " + callee, f"ptr {array}", f"i64 {len(boxed)}", "ptr null")
        answer = e.call("ptr", "PyObject_Vectorcall", *arguments)
        for operand in boxed:
            e.call("void", "Py_DecRef", f"ptr {operand}")
        return answer

    answer = emit_with(e, boxed, call)
    good, bad = e.label("done"), e.label("raised")
    e.branch_if(e.value(f"icmp eq ptr {answer}, null"), bad, good, likely=False)
    e.place(bad)
    exit_label = body.make_exit(instruction, "raise", extra=e.value('call ptr @"accel.fetch"()'))
    body.keep_exit()
    e.branch(exit_label)
    e.place(good)
    if not instruction.targets:
        e.call("void", "Py_DecRef", f"ptr {answer}")
        return
    kind = body.typed.target_kinds[id(instruction)][0]
    if instruction.op in _READING:
        value = _unbox_or_read_again(body, kind, answer)
    else:
        exit_label = body.make_exit(instruction, "value", extra=answer)
        body.keep_exit()
        value = emit_unbox(e, kind, answer, exit_label)
    if owner_positions(kind):
        body.own(id(instruction), kind, _with_references(body, kind, value, answer))
    else:
        e.call("void", "Py_DecRef", f"ptr {answer}")
    body.write(instruction.targets[0], kind, value)


def _leave_if_shared(body: FunctionBody, instruction: Instruction) -> None:
    """Have CPython move an array for which there is another name, or one for a view of it: what is known of that would be wrong behind it."""
    e, typed, moved = body.e, body.typed, instruction.arguments[1]
    block, place = next((b, k + 1) for b in typed.flow.blocks.values() for k, i in enumerate(b.instructions) if i is instruction)
    needed = typed.live[id(block.instructions[place])] - {*instruction.targets}
    if not _is_read(typed.flow, block, place, moved):  # handlers may need it, which are CPython's
        needed -= {moved}
    owner = body.read(moved)[0]
    for name in sorted(needed & body.state.keys()):
        kind, maybe_unbound = body.state[name]
        for position in owner_positions(kind):
            is_same = e.value(f"icmp eq ptr {body.read(name)[position]}, {owner}")
            e.exit_if(e.value(f"and i1 {is_same}, {e.value(f'xor i1 {body.is_unbound(name)}, true')}") if maybe_unbound else is_same)


def _is_read(flow: Flow, block: Block, place: int, name: str) -> bool:
    """Whether compiled code reads a name, from a place in a block on, before it is bound anew."""
    todo, seen = [(block, place)], set[str]()
    while todo:
        block, place = todo.pop()
        for i in block.instructions[place:]:
            if name in (*i.arguments, *(i.when or ())[:1]):
                return True
            if name in i.targets:
                break
        else:
            todo += [(flow.blocks[successor], 0) for successor in block.successors if successor not in seen]
            seen.update(block.successors)
    return False


_READING = ("load_outside", "static", "cell")


def _unbox_or_read_again(body: FunctionBody, kind: Kind, answer: str) -> Value:
    """What was read has another kind than when it was compiled: CPython reads it once more."""
    e = body.e
    other, after = e.label("other"), e.label("held")
    value = emit_unbox(e, kind, answer, other)
    e.branch(after)
    e.place(other)
    e.call("void", "Py_DecRef", f"ptr {answer}")
    e.branch(e.exit_label)
    e.exits += 1
    e.place(after)
    return value


def _with_references(body: FunctionBody, kind: Kind, value: Value, answer: str) -> Value:
    """The value with a reference for each array in it; the array itself has the one of the answer."""
    if not isinstance(kind, Array):
        for position in owner_positions(kind):
            body.e.call("void", "Py_IncRef", f"ptr {value[position]}")
        body.e.call("void", "Py_DecRef", f"ptr {answer}")
    return value
