"""Calls that are prepared by one thread, which has the GIL, and done by others: four functions of a program beside its entry.

`call.words() -> n`: a room for a call has so many words of 8 bytes, for its arguments and behind them its result. `call.prepare(args, room) -> 0 or 1`
unboxes arguments, in the order of the parameters: 0 if they are not what was compiled for, or a guard does not hold. `call.do(room, state) -> status` is
the call, without the GIL; the entry uses it, too, so that it is the only one into which LLVM puts the function.
`call.finish(room) -> object` boxes the result of a call whose status was 0, once; there is none where that is None.
"""

from __future__ import annotations

from inspect import CO_VARARGS

from accel.ir import Plan
from accel.lower.boundary import emit_boxed, emit_guards, require_function
from accel.lower.layout import Value, components, word_places
from accel.lower.ownership import emit_doubt
from accel.lower.results import load_result, store_values
from accel.lower.text import Emitter, Module
from accel.lower.unbox import emit_unbox
from accel.types.kinds import Kind, Never, NoneKind, Static, Tuple

__all__ = ["emit_prepared", "may_be_prepared"]


def may_be_prepared(plan: Plan) -> bool:
    """Whether calls of a plan may: it has named parameters only, and the depth of the stack needs no look."""
    is_plain = not (plan.root.source.code.co_flags & CO_VARARGS or any(t.recursive for t in plan.functions))
    return plan.nogil and is_plain and not isinstance(plan.root.result, (Never, Static))


def emit_prepared(module: Module, plan: Plan) -> None:
    """Add the functions for a plan."""
    kinds = Tuple(tuple(plan.root.kinds))
    types = components(kinds)
    count = word_places(types)[-1]
    module.define(f'define i64 @"call.words"() {{ ret i64 {count + word_places(components(plan.root.result))[-1]} }}')

    e = Emitter(module)
    require_function(e)
    emit_guards(e, plan.guards, "miss")
    values: list[str] = []
    bound: list[tuple[Kind, Value]] = []
    for k, kind in enumerate(plan.root.kinds):
        operand = e.value(f"load ptr, ptr {e.value(f'getelementptr ptr, ptr %args, i64 {k}')}")
        bound.append((kind, emit_unbox(e, kind, operand, "miss")))
        values += bound[-1][1]
    if doubt := emit_doubt(e, plan.root.source.function, bound, is_entry=True):
        sound = e.label("sound")
        e.branch_if(doubt, "miss", sound, likely=False)
        e.place(sound)
    store_values(e, types, tuple(values), "%room")
    e.do("ret i64 1")
    e.place("miss")
    e.do("ret i64 0")
    module.define(e.function('define i64 @"call.prepare"(ptr %args, ptr %room)'))

    e = Emitter(module)
    given = [f"{type_} {value}" for type_, value in zip(types, load_result(e, kinds, "%room"), strict=True)]
    result = e.value(f"getelementptr i64, ptr %room, i64 {count}")
    status = e.value(f'call i32 @"{plan.root.symbol}"({", ".join([f"ptr {result}", "ptr %state", *given])})')
    e.do(f"ret i32 {status}")
    module.define(e.function('define i32 @"call.do"(ptr %room, ptr %state) noinline'))

    if isinstance(plan.root.result, NoneKind):
        return
    e = Emitter(module)
    made = emit_boxed(e, plan.root.result, e.value(f"getelementptr i64, ptr %room, i64 {count}"))
    e.do(f"ret ptr {made}")
    module.define(e.function('define ptr @"call.finish"(ptr %room)'))
