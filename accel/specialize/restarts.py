"""Statements whose results are tested once, at the end: when the test fails, CPython does the whole statement again.

`d2 = dx * dx + dy * dy + dz * dz` on NumPy floats has five operations that might warn. Infinity and NaN pass through to the last, so
only that one is tested; only when its result is not finite are the others looked at. As the statement has had no effect so far, CPython
can start it anew.
"""

from __future__ import annotations

import ast
from collections import Counter

from accel.ir import Block, Instruction, TypedFunction
from accel.specialize.coverage import tells
from accel.types.kinds import Union

__all__ = ["find_restarts"]

_STATEMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign)
_PURE = ("const", "static", "cell", "bound", "item", "binary", "inplace", "unary", "attribute")


def find_restarts(typed: TypedFunction) -> None:
    """Fill `typed.covering` (id of an operation -> id of the one that tells about it) and `typed.restarts` (id of an instruction whose
    exits are at the start of its statement -> first instruction of the statement, number of the statement)."""
    sizes = Counter(_statement_of(typed, i) for i in typed.flow.instructions())
    for block in typed.flow.blocks.values():
        if block.name in typed.entry_states and block.instructions[0].op != "strip_item":
            for group in _groups(typed, block, sizes):
                _cover(typed, group)


def _statement_of(typed: TypedFunction, instruction: Instruction) -> int:
    number, source = instruction.node, typed.source
    while not isinstance(source.nodes[number], ast.stmt) and number in source.parents:
        number = source.parents[number][0]
    return number


def _groups(typed: TypedFunction, block: Block, sizes: Counter[int]) -> list[list[Instruction]]:
    """The instructions of each plain statement that lies in this block as a whole, up to its first effect."""
    by_statement: dict[int, list[Instruction]] = {}
    for instruction in block.instructions:
        by_statement.setdefault(_statement_of(typed, instruction), []).append(instruction)
    groups = []
    for number, found in by_statement.items():
        inside = [i for i in found if i.op != "jump"]
        if sizes[number] != len(found) or not isinstance(typed.source.nodes[number], _STATEMENTS):
            continue
        pure = next((k for k, i in enumerate(inside) if not _is_pure(typed, i)), len(inside))
        groups.append(inside[:pure])
    return groups


def _is_pure(typed: TypedFunction, i: Instruction) -> bool:
    if id(i) in typed.steps or id(i) in typed.faults:
        return False
    if i.op == "call":
        call = typed.calls.get(id(i))
        return call is not None and call.function is None
    return i.op in _PURE


def _cover(typed: TypedFunction, group: list[Instruction]) -> None:
    maker: dict[str, Instruction] = {}
    told: dict[int, int] = {}
    for instruction in group:
        if tells(typed, instruction) and not _has_union(typed, instruction):
            through = instruction.arguments[:1] if instruction.detail == "/" else instruction.arguments
            for name in through:
                made = maker.get(name)
                if made is not None:
                    told[id(made)] = id(instruction)
            maker.update(dict.fromkeys(instruction.targets, instruction))
    for operation, teller in told.items():
        while teller in told:
            teller = told[teller]
        typed.covering[operation] = teller
    if told:
        number = _statement_of(typed, group[0])
        typed.restarts.update({id(i): (group[0], number) for i in group})


def _has_union(typed: TypedFunction, instruction: Instruction) -> bool:
    return any(isinstance(k, Union) for k in typed.argument_kinds.get(id(instruction), ()))
