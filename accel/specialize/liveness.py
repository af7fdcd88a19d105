"""Which names are still needed at each point of a flow: by compiled code, or by CPython should it have to go on there."""

from __future__ import annotations

import ast
from collections.abc import Callable

from accel.ir import Flow, Instruction, Source

__all__ = ["find_live"]


def find_live(source: Source, flow: Flow) -> dict[int, frozenset[str]]:
    """Names needed before each instruction, by `id` of the instruction.

    Where CPython may run code the flow does not hold (handlers, statements that are not compiled), every name of the user is.
    """
    everything = _names_beyond(source, flow)
    around = _loops_around(source)
    uses = {id(i): frozenset(i.arguments) | around(i.node) for i in flow.instructions()}
    for instruction in flow.instructions():
        if instruction.op == "leave":
            uses[id(instruction)] |= _names_in_statement(source, instruction)
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
    return frozenset(n.id for n in ast.walk(source.nodes[number]) if isinstance(n, ast.Name))


def _loops_around(source: Source) -> Callable[[int], frozenset[str]]:
    """The states of the loops around a node: CPython goes on with them, if only to leave them."""
    known: dict[int, frozenset[str]] = {}

    def around(number: int) -> frozenset[str]:
        if number not in known:
            above = source.parents.get(number)
            found = frozenset[str]() if above is None else around(above[0])
            if above is not None and above[1] in ("body", "target") and isinstance(source.nodes[above[0]], ast.For):
                found |= {f"%iter{above[0]}"}
            known[number] = found
        return known[number]

    return around


def _names_beyond(source: Source, flow: Flow) -> frozenset[str]:
    """Names of the user that code outside the flow may read; empty for most functions."""
    beyond = any(isinstance(n, (ast.Try, ast.FunctionDef, ast.Lambda)) for n in source.nodes[1:])
    beyond = beyond or any(
        i.op == "leave" and not isinstance(source.nodes[i.node], (ast.Raise, ast.Assert)) for i in flow.instructions()
    )
    if not beyond:
        return frozenset()
    return frozenset(flow.parameters) | frozenset(n.id for n in source.nodes if isinstance(n, ast.Name))
