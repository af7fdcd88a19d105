"""Plan -> Lowered: the text of all functions and of the entry, and the machine code of it."""

from __future__ import annotations

from accel.ir import Lowered, Plan
from accel.lower.body import FunctionBody
from accel.lower.steps import lower_step
from accel.lower.text import Module

__all__ = ["lower_plan", "program_text"]


def program_text(plan: Plan) -> tuple[str, dict[str, FunctionBody]]:
    """LLVM text of a plan, before optimisation, and the body of each function by symbol."""
    from accel.lower.boundary import emit_entry

    module = Module()
    bodies: dict[str, FunctionBody] = {}
    for typed in plan.functions:
        body = bodies[typed.symbol] = FunctionBody(module, typed, relaxed=plan.relaxed)
        module.define(body.text(lower_step, inline=plan.inline or typed is plan.root))
    emit_entry(module, plan)
    return str(module), bodies


def lower_plan(plan: Plan) -> Lowered:
    """Machine code of a plan. Needs llvmlite."""
    from accel.lower.machine import assemble

    text, bodies = program_text(plan)
    exits = {symbol: tuple(body.exits) for symbol, body in bodies.items()}
    steps = {symbol: tuple(body.steps) for symbol, body in bodies.items()}
    sources = {symbol: body.typed.source for symbol, body in bodies.items()}
    return Lowered(plan.signature, plan.root.result, assemble(text), plan.guards, exits, text, steps, sources)
