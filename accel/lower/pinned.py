"""Which results must be computed for the flags they may raise, as LLVM might find them needless.

A result is computed for sure, and in every turn of the loops around it, when what the function gives depends on it, or that lanes give up, or when a loop
ends; but not where only a value behind the loop depends on it (LLVM computes that once, behind), or a branch: both sides may turn out to
do the same. Where a condition follows from constants, as in loops of three turns, LLVM knows it when it writes the turns out, and may find anything needless.
"""

from __future__ import annotations

from accel.lower.regions import Regions
from accel.lower.ssa import Operation

__all__ = ["find_pinned"]


def find_pinned(regions: Regions) -> set[str]:
    """The results that are noted (`lane.note.*`) and not computed for sure. If another noted result of the same block is made of one, that
    one is enough."""
    needed = set() if _has_known_condition(regions) else _find_needed(regions)
    found: set[str] = set()
    for block in regions.function.blocks.values():
        noted = {o.operands[0] for o in block.operations if _is_note(o)}
        found |= noted - needed - {name for o in block.operations if o.name in noted for name in o.operands}
    return found


def _is_note(operation: Operation) -> bool:
    return operation.op == "call" and operation.detail.startswith("lane.note.")


def _find_needed(regions: Regions) -> set[str]:
    """The names that are computed for sure, in every turn."""
    places = [(name, o) for name, block in regions.function.blocks.items() for o in block.operations if not _is_note(o)]
    defined = {o.name: (name, o) for name, o in places if o.name}
    ends = [(name, o) for name, o in places if o.op == "ret" or (o.op == "br" and _decides(regions, name, o))]
    users: dict[str, list[str]] = {}  # name -> blocks in which it is used for what is given, or to decide
    todo, seen = list(ends), set[str]()
    while todo:
        block, operation = todo.pop()
        for operand in operation.operands:
            users.setdefault(operand, []).append(block)
            if operand in defined and operand not in seen:
                seen.add(operand)
                todo.append(defined[operand])
    loops = {name: regions.loops.get(defined[name][0]) for name in seen}
    return {name for name, loop in loops.items() if loop is None or any(block in loop.blocks for block in users[name])}


def _decides(regions: Regions, block: str, branch: Operation) -> bool:
    """Whether a branch decides that lanes give up, or that a loop around it ends."""
    if len(branch.labels) < 2:
        return False
    loop = regions.loops.get(block)
    while loop is not None and all(label in loop.blocks for label in branch.labels):
        loop = loop.around
    return loop is not None or any(label in regions.given_up for label in branch.labels)


def _has_known_condition(regions: Regions) -> bool:
    """Whether a condition that is the same for all lanes, and decides about more than giving up, follows from constants."""
    every = [o for block in regions.function.blocks.values() for o in block.operations]
    operations = [o for o in every if o.name]
    known = {o.name for o in operations if o.op not in ("load", "call") and o.name not in regions.varying}
    left = set[str]()
    while known != left:
        left = set(known)
        known = {o.name for o in operations if o.name in left and all(not n.startswith("%") or n in left for n in o.operands)}
    known &= {o.name for o in operations if o.type == "i1"}
    return any(known.intersection(o.operands) and not (o.op == "br" and set(o.labels) & regions.given_up) for o in every)
