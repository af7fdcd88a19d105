"""The loops of a flow: which blocks lie in each, how they nest, which blocks every path to another one takes."""

from __future__ import annotations

from accel.graphs import find_dominators, find_natural_loop
from accel.ir import Instruction, TypedFunction
from accel.values import dataclass, field

__all__ = ["Definitions", "Graph", "Loop", "Place"]

Place = tuple[str, int]  # block, position in it
Definitions = dict[str, list[tuple[Place, Instruction]]]  # of each name


@dataclass(slots=True, eq=False)
class Loop:
    """A `for` loop: its head ends in `next`; `blocks` are those from which the head is reached again, the head included."""

    head: str
    next: Instruction
    blocks: frozenset[str]
    latches: tuple[str, ...]  # where a turn ends
    body: str  # where a turn begins
    parent: Loop | None = None
    inner: list[Loop] = field(default_factory=list)

    @property
    def item(self) -> str:
        """The name of the item of this turn."""
        return self.next.targets[0]

    @property
    def state(self) -> str:
        """The name of the state, from which the next item comes."""
        return self.next.targets[1]

    @property
    def depth(self) -> int:
        """How many loops this one lies in."""
        return 0 if self.parent is None else self.parent.depth + 1

    def encloses(self, other: Loop | None) -> bool:
        """Whether `other` is this loop or lies in it."""
        while other is not None and other is not self:
            other = other.parent
        return other is self


class Graph:
    """Loops and dominance of the blocks that are reached. `bodies` has the blocks of every loop, `while` and `for`, by its head."""

    def __init__(self, typed: TypedFunction) -> None:
        self.blocks = {name: block for name, block in typed.flow.blocks.items() if name in typed.entry_states}
        self.before: dict[str, list[str]] = {name: [] for name in self.blocks}
        for name, block in self.blocks.items():
            for successor in dict.fromkeys(block.successors):
                if successor in self.before:
                    self.before[successor].append(name)
        self._dominators = find_dominators(list(self.blocks), self.before)
        self._latches = {name: tuple(p for p in before if self.dominates(name, p)) for name, before in self.before.items()}
        self.bodies = {
            name: frozenset(find_natural_loop(name, latches, self.before)) for name, latches in self._latches.items() if latches
        }
        self.loops = self._find_loops()

    def dominates(self, first: str, second: str) -> bool:
        """Whether every path to the block `second` takes `first`."""
        return first in self._dominators[second]

    def loop_of(self, block: str) -> Loop | None:
        """The innermost `for` loop around a block."""
        around = [loop for loop in self.loops if block in loop.blocks]
        return max(around, key=lambda loop: loop.depth, default=None)

    def is_in_every_turn(self, block: str, outer: Loop) -> bool:
        """Whether a block in `outer` runs in every turn of all the loops around it (as far as they are not left early)."""
        inside = self.loop_of(block)
        while inside is not None:
            if not self.ends_every_turn(block, inside):
                return False
            if inside is outer:
                return True
            block, inside = inside.head, inside.parent
        return False

    def ends_every_turn(self, block: str, loop: Loop) -> bool:
        """Whether every turn of a loop that goes back to its head takes a block."""
        return all(self.dominates(block, latch) for latch in loop.latches)

    def is_innermost(self, head: str) -> bool:
        """Whether no loop lies in the one with this head."""
        return not any(other in self.bodies[head] and other != head for other in self.bodies)

    def _find_loops(self) -> list[Loop]:
        """All `for` loops, outer ones first."""
        loops = []
        for name, inside in self.bodies.items():
            block = self.blocks[name]
            if block.instructions[-1].op == "next":
                loops.append(Loop(name, block.instructions[-1], inside, self._latches[name], block.successors[0]))
        loops.sort(key=lambda loop: -len(loop.blocks))
        for k, loop in enumerate(loops):
            around = [other for other in loops[:k] if loop.head in other.blocks]
            if around:
                loop.parent = around[-1]
                around[-1].inner.append(loop)
        return loops
