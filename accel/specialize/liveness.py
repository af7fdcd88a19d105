"""Which names are still needed at each point of a flow: by compiled code, or by CPython should it have to go on there."""

from __future__ import annotations

import ast
from collections.abc import Callable

from accel.ir import Flow, Instruction, Source

__all__ = ["find_live"]


def find_live(source: Source, flow: Flow, kept: frozenset[str] = frozenset()) -> dict[int, frozenset[str]]:
    """Names needed before each instruction, by `id` of the instruction; those in `kept` always are.

    Where CPython may run code the flow does not hold (handlers, statements that are not compiled), every name of the user is.
    """
    everything = _names_beyond(source, flow) | kept
    around, in_statement = _loops_around(source), _values_in_statements(source, flow)
    uses = {id(i): frozenset((*i.arguments, *(i.when or ())[:1])) | around[i.node] for i in flow.instructions()}
    for instruction in flow.instructions():
        if instruction.op == "leave":
            uses[id(instruction)] |= in_statement(instruction)
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


def _values_in_statements(source: Source, flow: Flow) -> Callable[[Instruction], frozenset[str]]:
    """What a `leave` hands on of its statement: names, and the values that may have been found so far, those inside it left out."""
    statements = {0: 0}
    for number, (above, _, _) in sorted(source.parents.items()):  # nodes are numbered from the root down
        statements[number] = number if isinstance(source.nodes[number], ast.stmt) else statements[above]
    found: dict[int, list[tuple[int, str]]] = {}
    for instruction in flow.instructions():
        made = [(instruction.node, target) for target in instruction.targets if target.startswith("%")]
        found.setdefault(statements[instruction.node], []).extend(made)

    def is_inside(number: int, outer: int) -> bool:
        while number != outer and number in source.parents:
            number = source.parents[number][0]
        return number == outer

    def find(leave: Instruction) -> frozenset[str]:
        statement = statements[leave.node]
        names = {n.id for n in ast.walk(source.nodes[statement]) if isinstance(n, ast.Name)}
        values = {value for number, value in found.get(statement, ()) if not is_inside(number, leave.node)}
        return frozenset(names | values | _returned(source, leave))

    return find


def _returned(source: Source, leave: Instruction) -> set[str]:
    """The values that are on their way out through the `finally` bodies a `leave` stands in."""
    found, number = set(), leave.node
    while number in source.parents and "@return" in leave.phase:
        number, field, _ = source.parents[number]
        if field == "finalbody":
            found.add(f"%ret{number}")
    return found


def _loops_around(source: Source) -> dict[int, frozenset[str]]:
    """The states of the loops around each node: CPython goes on with them, if only to leave them."""
    known = {0: frozenset[str]()}
    for number, (above, field, _) in sorted(source.parents.items()):  # nodes are numbered from the root down
        inside = field in ("body", "target") and isinstance(source.nodes[above], ast.For)
        known[number] = known[above] | {f"%iter{above}"} if inside else known[above]
    return known


def _names_beyond(source: Source, flow: Flow) -> frozenset[str]:
    """Names of the user that code outside the flow may read; empty for most functions."""
    beyond = any(isinstance(n, (ast.Try, ast.FunctionDef, ast.Lambda)) for n in source.nodes[1:])
    beyond = beyond or any(
        i.op == "leave" and not isinstance(source.nodes[i.node], (ast.Raise, ast.Assert)) for i in flow.instructions()
    )
    if not beyond:
        return frozenset()
    return frozenset(flow.parameters) | frozenset(n.id for n in source.nodes if isinstance(n, ast.Name))
