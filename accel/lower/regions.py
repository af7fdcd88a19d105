"""The shape of a function in single-assignment form: order, dominators, loops, and what differs between lanes.

Edges to where lanes are given up (`redo`) do not count: when one lane goes there, the whole block of lanes is done again.
"""

from __future__ import annotations

from accel.graphs import find_dominators, find_natural_loop, reverse_postorder
from accel.lower.ssa import Function, Operation, Unreadable, may_trap
from accel.values import dataclass, field

__all__ = ["Induction", "Loop", "Regions"]

_REDO = "lane.redo"


@dataclass(slots=True)
class Induction:
    """A value that follows from the number of turns: `start + step * (turns + ahead)`."""

    type: str
    start: str
    step: str
    ahead: int


@dataclass(slots=True, eq=False)
class Loop:
    """A natural loop with one latch."""

    header: str
    latch: str
    blocks: set[str]
    around: Loop | None = None
    is_uniform: bool = True  # all lanes that run in it leave it together

    exits: list[tuple[str, str]] = field(default_factory=list)  # edges out of it


class Regions:
    """Finds it all out.

    Attributes
    ----------
    order : list of str
        Blocks that can be reached, in reverse postorder.
    given_up : set of str
        Blocks from where only giving up can be reached.
    varying : set of str
        Names whose values may differ between lanes.
    """

    def __init__(self, function: Function, uniform: frozenset[str]) -> None:
        self.function = function
        blocks = function.blocks
        self.given_up = self._find_given_up()
        self.after = {n: [s for s in b.successors if s not in self.given_up] for n, b in blocks.items()}
        self.order = reverse_postorder(next(iter(blocks)), self.after.__getitem__)
        self.before: dict[str, list[str]] = {n: [] for n in self.order}
        for name in self.order:
            for successor in self.after[name]:
                self.before[successor].append(name)
        self.dominators = find_dominators(self.order, self.before)
        self.loops = self._find_loops()
        self.varying = {name for _, name in function.parameters} - uniform
        while self._spread():
            pass

    def _find_given_up(self) -> set[str]:
        found: set[str] = set()
        for name, block in self.function.blocks.items():
            if block.operations[-1].op == "unreachable":
                if not any(o.detail == _REDO for o in block.operations):
                    raise Unreadable("unreachable")
                found.add(name)
        before = -1
        while before < len(found):
            before = len(found)
            for name, block in self.function.blocks.items():
                if block.successors and all(s in found for s in block.successors):
                    found.add(name)
        return found

    def immediate(self, name: str) -> str:
        """The closest block that every way to this one passes."""
        return max(self.dominators[name] - {name}, key=self.order.index)

    def _find_loops(self) -> dict[str, Loop]:
        """The innermost loop of each block."""
        found: list[Loop] = []
        for name in self.order:
            for header in self.after[name]:
                if header in self.dominators[name]:
                    if any(loop.header == header for loop in found):
                        raise Unreadable("two ways back")
                    found.append(Loop(header, name, find_natural_loop(header, [name], self.before)))
                elif self.order.index(header) <= self.order.index(name):
                    raise Unreadable("irreducible")
        found.sort(key=lambda loop: len(loop.blocks))
        for k, loop in enumerate(found):
            loop.around = next((outer for outer in found[k + 1 :] if loop.header in outer.blocks), None)
            loop.exits = [(n, s) for n in self.order if n in loop.blocks for s in self.after[n] if s not in loop.blocks]
        return {name: next(loop for loop in found if name in loop.blocks) for name in self.order if any(name in loop.blocks for loop in found)}

    # -- what differs between lanes

    def _spread(self) -> bool:
        """One round; whether anything was found."""
        size = len(self.varying)
        uniform = sum(loop.is_uniform for loop in set(self.loops.values()))
        for name in self.order:
            for operation in self.function.blocks[name].operations:
                if operation.name and (self.is_varying(operation.operands) or self._differs(name, operation) or may_trap(operation)):
                    self.varying.add(operation.name)
        for loop in set(self.loops.values()):
            if loop.is_uniform and not all(self.is_uniform_exit(loop, source) for source, _ in loop.exits):
                loop.is_uniform = False
        return size < len(self.varying) or uniform > sum(loop.is_uniform for loop in set(self.loops.values()))

    def _differs(self, block: str, operation: Operation) -> bool:
        """Whether a phi may give lanes different values though what it chooses from is the same for all."""
        if operation.op != "phi":
            return False
        loop = self.loops.get(block)
        if loop is not None and loop.header == block:
            return False
        sources = [p for p in operation.labels if p in self.dominators]
        left = [self.loops[p] for p in sources if p in self.loops and block not in self.loops[p].blocks]
        if left:
            return True
        return len(set(operation.operands)) > 1

    def is_varying(self, operands: list[str]) -> bool:
        """Whether one of these may differ between lanes."""
        return any(o in self.varying for o in operands)

    def is_uniform_exit(self, loop: Loop, source: str) -> bool:
        """Whether all lanes that still run in a loop leave it together at a block, or all stay."""
        last = self.function.blocks[source].operations[-1]
        return not self.is_varying(last.operands) and source in self.dominators[loop.latch] and self.loops[source] is loop

    def comes_together(self, start: str, end: str) -> bool:
        """Whether all lanes of a block come to another one, whatever they do in between, without going round a loop."""
        inner = self.loops.get(start)
        if self.loops.get(end) is not inner:
            return False
        seen, todo = {end}, list(self.after[start])
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if not self.after[name] or (inner is not None and (name not in inner.blocks or name == inner.header)):
                return False
            todo += self.after[name]
        return True

    def find_inductions(self, loop: Loop) -> dict[str, Induction]:
        """Names that are the same for all lanes in a turn of a loop and change by a constant from turn to turn."""
        found: dict[str, Induction] = {}
        defined = {o.name: o for name in loop.blocks for o in self.function.blocks[name].operations}
        for phi in self.function.blocks[loop.header].operations:
            if phi.op != "phi" or phi.name in self.varying or loop.latch not in phi.labels or len(phi.operands) != 2:
                continue
            at = phi.labels.index(loop.latch)
            following, start = phi.operands[at], phi.operands[1 - at]
            added = defined.get(following)
            if added is not None and added.op == "add" and added.operands[0] == phi.name and not added.operands[1].startswith("%"):
                found[phi.name] = Induction(phi.type, start, added.operands[1], 0)
                found[following] = Induction(phi.type, start, added.operands[1], 1)
        return found
