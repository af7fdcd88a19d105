"""Plan -> Lowered: the text of all functions and of the entry, and the machine code of it."""

from __future__ import annotations

from accel.ir import Exit, Lowered, Plan
from accel.lower.body import FunctionBody
from accel.lower.steps import lower_step
from accel.lower.text import Module

__all__ = ["lower_plan", "program_text"]


def program_text(plan: Plan) -> tuple[str, dict[str, tuple[Exit, ...]]]:
    """LLVM text of a plan, before optimisation, and the exits of each function."""
    from accel.lower.boundary import emit_entry

    module = Module()
    exits: dict[str, tuple[Exit, ...]] = {}
    for typed in plan.functions:
        body = FunctionBody(module, typed)
        module.define(body.text(lower_step))
        exits[typed.symbol] = tuple(body.exits)
    emit_entry(module, plan)
    return str(module), exits


def lower_plan(plan: Plan) -> Lowered:
    """Machine code of a plan. Needs llvmlite."""
    from accel.lower.machine import assemble

    text, exits = program_text(plan)
    return Lowered(plan.signature, plan.root.result, assemble(text), plan.guards, exits, text)
