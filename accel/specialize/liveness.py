"""Which names are still needed at each point of a flow: by compiled code, or by CPython should it have to go on there."""

from __future__ import annotations

import ast

from accel.ir import Flow, Instruction, Source

__all__ = ["find_live"]


def find_live(source: Source, flow: Flow) -> dict[int, frozenset[str]]:
    """Names needed before each instruction, by `id` of the instruction.

    Where CPython may run code the flow does not hold (handlers, statements that are not compiled), every name of the user is.
    """
    everything = _names_beyond(source, flow)
    uses = {id(i): frozenset(i.arguments) | (_names_in_statement(source, i) if i.op == "leave" else frozenset()) for i in flow.instructions()}
    entry: dict[str, frozenset[str]] = dict.fromkeys(flow.blocks, frozenset())
    before: dict[int, frozenset[str]] = {}
    changed = True
    while changed:
        changed = False
        for block in reversed(flow.blocks.values()):
            live = frozenset().union(*(entry[s] for s in block.successors)) | everything
            for instruction in reversed(block.instructions):
                live = (live - frozenset(instruction.targets)) | uses[id(instruction)] | everything
                before[id(instruction)] = live
            if live != entry[block.name]:
                entry[block.name], changed = live, True
    return before


def _names_in_statement(source: Source, instruction: Instruction) -> frozenset[str]:
    number = instruction.node
    while not isinstance(source.nodes[number], ast.stmt) and number in source.parents:
        number = source.parents[number][0]
    names = {n.id for n in ast.walk(source.nodes[number]) if isinstance(n, ast.Name)}
    while number in source.parents:  # the loops around it go on where an exception is caught
        number = source.parents[number][0]
        if isinstance(source.nodes[number], ast.For):
            names.add(f"%iter{number}")
    return frozenset(names)


def _names_beyond(source: Source, flow: Flow) -> frozenset[str]:
    """Names of the user that code outside the flow may read; empty for most functions."""
    beyond = any(isinstance(n, (ast.Try, ast.FunctionDef, ast.Lambda)) for n in source.nodes[1:])
    beyond = beyond or any(i.op == "leave" and not isinstance(source.nodes[i.node], (ast.Raise, ast.Assert)) for i in flow.instructions())
    if not beyond:
        return frozenset()
    return frozenset(flow.parameters) | frozenset(n.id for n in source.nodes if isinstance(n, ast.Name))
