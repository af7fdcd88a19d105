"""Straight innermost loops run in strips of 32 and of 8 turns with all checks put off.

Before::

    head.in: next %iter7 -> body.in, done          # body: y[i] = a * x[i] + y[i], subscripts in range

After, for each size::

    more:   poll; %more7 = strip_more %iter7       # that many turns left?
            branch -> begin, more of the next size, or head.in
    begin:  keep the names the body binds
    turn:   the body for turn k; a check that fails only raises a flag; y[i] = v goes to a buffer
            as many times, then -> check
    check:  the flag is up -> undo; else -> commit
    undo:   the kept names; -> head.in             # the checked loop does this strip again: nothing has been stored
    commit: the buffer is written to the arrays, turn by turn; -> more

An element that all turns read and write, `out[i] += a[i, k]`, has a name in a strip: it is read where the strip begins, and written when
that is committed.

With a constant number of turns LLVM unrolls and vectorises both loops and holds the buffer in registers, so putting off the
stores costs nothing (0.98-1.00x of the same loop without any check on `y[i] = a * x[i] + y[i]`), and a strip that meets an
overflow, a warning or an error is done again exactly.
"""

from __future__ import annotations

from accel.ir import STRIPS, Access, Affine, Block, Instruction
from accel.specialize.loops import Loop
from accel.values import dataclass, replace

__all__ = ["JUMP", "Step", "Strip", "StripWriter", "write_strips"]


@dataclass(frozen=True, slots=True)
class Strip:
    """The straight body of a loop, in order; ids of the integer operations in it that can't overflow; subscripts of axes of arrays that
    have to be in range in all turns of a strip; elements that are the same in all turns, each with the name that has its value in a strip."""

    loop: Loop
    body: list[Instruction]
    affine: set[int]
    within: tuple[tuple[str, int, Affine], ...] = ()
    cells: tuple[tuple[str, Access], ...] = ()


def write_strips(head: str, strip: Strip) -> dict[str, Block]:
    """The blocks of the strips of a loop whose head is `head`. They are entered at the block `strips.` + head."""
    writer = _Writer(head, strip)
    for k, size in enumerate(STRIPS):
        writer.strip(size, writer.name("more", STRIPS[k + 1]) if k + 1 < len(STRIPS) else head)
    return writer.blocks


Step = tuple[str, tuple[str, ...], tuple[str, ...], object]
JUMP: Step = ("jump", (), (), None)


class StripWriter:
    """Writes blocks of a version of a loop that is done in strips."""

    def __init__(self, head: str, loop: Loop) -> None:
        self.head = head
        self.item, self.state = loop.item, loop.state
        self.number = loop.next.node
        self.turn = f"%k{self.number}"
        self.blocks: dict[str, Block] = {}

    def name(self, part: str, size: int) -> str:
        """The name of a block."""
        return f"strips.{self.head}" if (part, size) == ("more", STRIPS[0]) else f"strips.{self.head}.{part}{size}"

    def add(self, name: str, successors: tuple[str, ...], *steps: Step) -> None:
        """Add a block."""
        made = [Instruction(op, targets, arguments, detail, self.number, "next") for op, targets, arguments, detail in steps]
        self.blocks[name] = Block(name, made, successors)

    def test(
        self, name: str, op: str, arguments: tuple[str, ...], detail: object, successors: tuple[str, ...], *first: Step
    ) -> None:
        """Add a block that ends in a branch by the answer of an op."""
        flag = f"%{name}"
        self.add(name, successors, *first, (op, (flag,), arguments, detail), ("branch", (), (flag,), None))


class _Writer(StripWriter):
    """Adds the blocks of the fast version of one straight loop."""

    def __init__(self, head: str, strip: Strip) -> None:
        super().__init__(head, strip.loop)
        self.within, self.cells = strip.within, strip.cells
        self.body, self.affine = strip.body, strip.affine
        self.stores = [i for i in self.body if i.op == "set_item"]

    def strip(self, size: int, exhausted: str) -> None:
        """Strips of one size: where to go when there are not enough turns left for one."""
        number, state, turn = self.number, self.state, self.turn
        begin, turning, check, undo, commit, write, ahead = (
            self.name(part, size) for part in ("begin", "turn", "check", "undo", "commit", "write", "ahead")
        )
        kept = tuple(dict.fromkeys(t for i in self.body for t in i.targets if not t.startswith("%")))
        zero: Step = ("const", (turn,), (), 0)
        step: Step = ("strip_turn", (turn,), (turn,), None)
        polled: list[Step] = [("poll", (), (), None)] if size == STRIPS[0] else []
        within = self.name("within", size) if self.within else begin
        self.test(self.name("more", size), "strip_more", (state,), size, (within, exhausted), *polled)
        if self.within:
            names = dict.fromkeys(n for array, _, form in self.within for n in (array, *form.names) if n != self.item)
            self.test(within, "strip_within", (state, *names), (size, self.item, self.within), (begin, self.head))
        keep: list[Step] = [("strip_keep", (f"%keep{number}.{n}",), (n,), None) for n in kept]
        loads: list[Step] = [("strip_old", (cell,), access.names, access) for cell, access in self.cells]
        self.add(begin, (turning,), *keep, *loads, ("strip_begin", (), (), len(self.stores)), zero, JUMP)
        item: Step = ("strip_item", (self.item,), (state, turn), None)
        self.test(turning, "strip_count", (turn,), size, (turning, check), item, step)
        self.blocks[turning].instructions[1:1] = [self.put_off(i) for i in self.body]
        self.test(check, "strip_failed", (), size, (undo, commit))
        self.add(undo, (self.head,), *(("strip_keep", (n,), (f"%keep{number}.{n}",), None) for n in kept), JUMP)
        stores: list[Step] = [("strip_store", (), (cell, *access.names), access) for cell, access in self.cells]
        self.add(commit, (write,), *stores, zero, JUMP)
        writes = [self.written(k, i) for k, i in enumerate(self.stores)]
        again: Step = ("strip_again", (self.item,), (state, turn), None)
        self.test(write, "strip_count", (turn,), size, (write, ahead), again, *writes, step)
        self.add(ahead, (self.name("more", size),), ("strip_ahead", (state,), (state,), size), JUMP)

    def put_off(self, i: Instruction) -> Instruction:
        """The instruction as it stands in a strip: stores go to a buffer, what can't overflow is not checked."""
        if i.op == "set_item":
            number = self.stores.index(i)
            return Instruction("strip_put", (), (i.arguments[0], i.arguments[-1], self.turn), number, i.node, i.phase)
        op = "strip_affine" if id(i) in self.affine else i.op
        return replace(i, op=op)

    def written(self, number: int, i: Instruction) -> Step:
        """The store of what was put into a buffer."""
        access = i.detail
        assert isinstance(access, Access)
        return ("strip_write", (), (self.turn, *access.names), (number, access))
