"""Plan -> Lowered: the text of all functions and of the entry, and the machine code of it."""

from __future__ import annotations

from accel.errors import CompileError, Diagnostic
from accel.ir import ElementForm, Exit, Lowered, Plan
from accel.lower.body import FunctionBody
from accel.lower.detached import define_detached, find_python_call
from accel.lower.steps import lower_step
from accel.lower.text import Module
from accel.types.elements import find_output_chars
from accel.values import replace

__all__ = ["lower_elements", "lower_plan", "program_text"]


def program_text(plan: Plan) -> tuple[Module, dict[str, FunctionBody]]:
    """LLVM text of a plan, before optimisation, and the body of each function by symbol."""
    from accel.lower.boundary import emit_entry
    from accel.lower.prepared import emit_prepared, may_be_prepared

    if plan.nogil:
        module, bodies = _lower_bodies(plan, detached=True)
        if not find_python_call(module.functions, list(bodies)):
            is_prepared = may_be_prepared(plan)
            emit_entry(module, plan, is_prepared=is_prepared)
            if is_prepared:
                emit_prepared(module, plan)
            return module, bodies
    module, bodies = _lower_bodies(plan, detached=False)
    emit_entry(module, replace(plan, nogil=False))
    return module, bodies


def _lower_bodies(plan: Plan, *, detached: bool) -> tuple[Module, dict[str, FunctionBody]]:
    module = Module()
    if detached:
        define_detached(module)
    bodies: dict[str, FunctionBody] = {}
    for typed in plan.functions:
        body = bodies[typed.symbol] = FunctionBody(module, typed, relaxed=plan.relaxed, detached=detached)
        module.define(body.text(lower_step, inline=plan.inline or typed is plan.root))
    return module, bodies


def lower_plan(plan: Plan) -> Lowered:
    """Machine code of a plan. Needs llvmlite."""
    from accel.lower.machine import assemble

    module, bodies = program_text(plan)
    text = str(module)
    exits = {symbol: tuple(body.exits) for symbol, body in bodies.items()}
    steps = {symbol: tuple(body.steps) for symbol, body in bodies.items()}
    sources = {symbol: body.typed.source for symbol, body in bodies.items()}
    return Lowered(plan.signature, plan.root.result, assemble(text), plan.guards, exits, text, steps, sources, tuple(module.classes))


def lower_elements(plan: Plan, form: ElementForm) -> Lowered:
    """Machine code that applies a plan to elements of arrays. Needs llvmlite. The image is empty where only the kind of the results is
    known, and CPython had better do the elements.

    Raises
    ------
    CompileError
        When the results are not so many numbers.
    """
    from accel.lower.elements import element_loop_text
    from accel.lower.machine import assemble

    source, chars = plan.root.source, find_output_chars(plan.root.result)
    if chars is None or len(chars) != form.outputs:
        what = f"`{source.name}` gives {plan.root.result}, and not {'a number' if form.outputs == 1 else f'{form.outputs} numbers'}"
        raise CompileError(Diagnostic(what, "element-result", source.filename, source.code.co_firstlineno))
    plan = replace(plan, guards=tuple(g for g in plan.guards if g.what != "errstate"))  # what would warn is done by CPython anyway
    text = element_loop_text(plan, (*form.inputs, *chars), form.uniform, form.threads, form.accuracy) if form.is_compiled else ""
    sources = {typed.symbol: typed.source for typed in plan.functions}
    nothing: dict[str, tuple[Exit, ...]] = dict.fromkeys(sources, ())
    image = assemble(text) if text else b""
    return Lowered(plan.signature, plan.root.result, image, plan.guards, nothing, text, {}, sources)
