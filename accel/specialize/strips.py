"""Straight innermost loops over a range get a fast version that runs in strips of 32 turns with all checks put off.

Before::

    head: poll; next %iter7 -> body, done          # body: y[i] = a * x[i] + y[i]

After::

    gate:   %gate7 = strip_gate %iter7, x, y       # subscripts of all turns in range, stored arrays apart from the others
            branch -> more, head
    more:   poll; %more7 = strip_more %iter7       # 32 turns left?
            branch -> begin, head
    begin:  keep the names the body binds
    turn:   the body for turn k; a check that fails only raises a flag; y[i] = v goes to a buffer
            32 times, then -> check
    check:  the flag is up -> undo; else -> commit
    undo:   the kept names; -> head                # the checked loop does this strip again: nothing has been stored
    commit: the buffer is written to the arrays, 32 times; -> more

With a constant number of turns LLVM unrolls and vectorises both loops and holds the buffer in registers, so putting off the
stores costs nothing (0.98-1.00x of the same loop without any check on `y[i] = a * x[i] + y[i]`), and a strip that meets an
overflow, a warning or an error is done again exactly.
"""

from __future__ import annotations

import ast

from accel.ir import Access, Affine, Block, Flow, Instruction, Source, StripPlan

__all__ = ["insert_strips"]


def insert_strips(source: Source, flow: Flow, without: frozenset[int]) -> Flow:
    """A flow in which the straight innermost loops have a fast version, except those at the nodes `without`."""
    blocks = {name: Block(name, block.instructions, block.successors) for name, block in flow.blocks.items()}
    for head in list(flow.blocks.values()):
        number = head.instructions[-1].node
        if head.instructions[-1].op == "next" and number not in without and isinstance(source.nodes[number], ast.For):
            body = _straight_body(flow, head)
            reader = _Reader(body, number)
            plan = reader.plan() if body else None
            if plan is not None and (plan.loads or plan.stores):
                _Writer(blocks, head, reader, plan).write()
    return Flow(flow.name, flow.parameters, blocks)


def _straight_body(flow: Flow, head: Block) -> list[Instruction]:
    """The instructions of a body that has no branches, [] if it has."""
    body: list[Instruction] = []
    name = head.successors[0]
    while name != head.name:
        block = flow.blocks[name]
        if len(block.successors) != 1 or block.instructions[-1].op != "jump" or block.instructions[0].op == "poll":
            return []
        body += block.instructions[:-1]
        name = block.successors[0]
    return body


class _Reader:
    """Reads a straight body: which names are affine in the loop variable, which elements are accessed."""

    def __init__(self, body: list[Instruction], number: int) -> None:
        self.body, self.number = body, number
        self.assigned = {t for i in body for t in i.targets}
        self.known: dict[str, Affine | None] = {f"%item{number}": Affine(0, 1)}
        self.loads: list[Access] = []
        self.stores: list[Access] = []

    def affine(self, name: str) -> Affine | None:
        """A name as an affine form, if it is one."""
        if name in self.known:
            return self.known[name]
        return None if name in self.assigned or name.startswith("%") else Affine(0, 0, ((name, 1),))

    def plan(self) -> StripPlan | None:
        """The accesses of the body, None when its order of reads and writes forbids putting off the writes."""
        for instruction in self.body:
            if not self.read(instruction):
                return None
            for target in instruction.targets:
                self.known.setdefault(target, None)
        # an element that is read and stored must be the same one, and another one in each turn
        clash = any(
            s.array == a.array and (s != a or not any(i.turn for i in s.indexes)) for s in self.stores for a in self.loads
        )
        return None if clash else StripPlan(tuple(dict.fromkeys(self.loads)), tuple(self.stores))

    def read(self, instruction: Instruction) -> bool:
        """Note what one instruction does; whether it may stand in a strip."""
        op, arguments = instruction.op, instruction.arguments
        if op == "const" and type(instruction.detail) is int and abs(instruction.detail) < 1 << 20:
            self.known[instruction.targets[0]] = Affine(instruction.detail)
        elif op == "copy":
            self.known[instruction.targets[0]] = self.affine(arguments[0])
        elif op == "binary":
            self.known[instruction.targets[0]] = _combine(instruction.detail, *map(self.affine, arguments))
        elif op in ("item", "set_item"):
            return self.access(op, arguments[0], arguments[1:] if op == "item" else arguments[1:-1])
        return op in (
            "bound",
            "inplace",
            "unary",
            "call",
            "static",
            "cell",
            "attribute",
            "const",
            "tuple",
            "unpack",
            "copy",
            "binary",
        )

    def access(self, op: str, array: str, subscripts: tuple[str, ...]) -> bool:
        """Note an access; whether its subscripts are affine and it comes in an order that allows to put off the stores."""
        indexes = [self.affine(n) for n in subscripts]
        if None in indexes or array in self.assigned or (array.startswith("%") and not array.startswith("%outside.")):
            return False
        if op == "item" and any(s.array == array for s in self.stores):
            return False
        (self.loads if op == "item" else self.stores).append(Access(array, tuple(i for i in indexes if i is not None)))
        return True

    def put_off(self, i: Instruction) -> Instruction:
        """The instruction as it stands in a strip: stores go to a buffer, subscripts are not checked."""
        if i.op == "set_item":
            number = sum(j.op == "set_item" for j in self.body[: self.body.index(i)])
            return Instruction("strip_put", (), (i.arguments[0], i.arguments[-1], f"%k{self.number}"), number, i.node, i.phase)
        op, detail = i.op, i.detail
        if i.op == "item":  # which subscripts count from the end
            found = [self.known.get(n) for n in i.arguments[1:]]
            op, detail = "strip_get", tuple(a is not None and a.is_constant and a.constant < 0 for a in found)
        if i.op == "binary" and self.known[i.targets[0]] is not None:
            op = "strip_affine"
        return Instruction(op, i.targets, i.arguments, detail, i.node, i.phase)


def _combine(symbol: str, left: Affine | None, right: Affine | None) -> Affine | None:
    if left is None or right is None:
        return None
    if symbol in "+-":
        return left + (right if symbol == "+" else right.scaled(-1))
    if symbol == "*" and (left.is_constant or right.is_constant):
        made = left.scaled(right.constant) if right.is_constant else right.scaled(left.constant)
        return made if max([abs(made.constant), abs(made.turn), *(abs(c) for _, c in made.terms)]) < 1 << 20 else None
    return None


Step = tuple[str, tuple[str, ...], tuple[str, ...], object]


class _Writer:
    """Adds the blocks of the fast version of one loop."""

    def __init__(self, blocks: dict[str, Block], head: Block, reader: _Reader, plan: StripPlan) -> None:
        self.blocks, self.head, self.reader, self.plan = blocks, head.name, reader, plan
        self.number = reader.number
        self.state, self.turn = f"%iter{self.number}", f"%k{self.number}"
        inside = _loop_blocks(blocks, head)
        for block in list(blocks.values()):
            if head.name in block.successors and block.name not in inside:
                block.successors = tuple(self.name("gate") if s == head.name else s for s in block.successors)

    def name(self, part: str) -> str:
        """The name of a block."""
        return f"{part}.{self.head}"

    def write(self) -> None:
        """The gate, the strips of full length, the one for the turns left over."""
        arguments = (self.state, *self.plan.arrays, *self.plan.integers)
        self.test("gate", "strip_gate", arguments, self.plan, (self.name("full.more"), self.head))
        self.strip("full", self.name("rest.more"), self.name("full.more"))
        self.strip("rest", self.head, self.head)

    def strip(self, size: str, exhausted: str, following: str) -> None:
        """One size of strip: where to go when there are not enough turns left for one, and after one."""
        number, state, turn, plan = self.number, self.state, self.turn, self.plan
        begin, turning, check, undo, commit, write, ahead = (
            self.name(f"{size}.{part}") for part in ("begin", "turn", "check", "undo", "commit", "write", "ahead")
        )
        kept = tuple(dict.fromkeys(t for i in self.reader.body for t in i.targets if not t.startswith("%")))
        jump: Step = ("jump", (), (), None)
        zero: Step = ("const", (turn,), (), 0)
        step: Step = ("strip_turn", (turn,), (turn,), None)
        self.test(f"{size}.more", "strip_more", (state,), size, (begin, exhausted), ("poll", (), (), None))
        keep: list[Step] = [("strip_keep", (f"%keep{number}.{n}",), (n,), None) for n in kept]
        self.add(begin, (turning,), *keep, ("strip_begin", (), (), len(plan.stores)), zero, jump)
        self.test(
            f"{size}.turn",
            "strip_count",
            (turn, state),
            size,
            (turning, check),
            ("strip_item", (f"%item{number}",), (state, turn), None),
            step,
        )
        self.blocks[turning].instructions[1:1] = [self.reader.put_off(i) for i in self.reader.body]
        self.test(f"{size}.check", "strip_failed", (), None, (undo, commit))
        self.add(undo, (self.head,), *(("strip_keep", (n,), (f"%keep{number}.{n}",), None) for n in kept), jump)
        self.add(commit, (write,), zero, jump)
        writes: list[Step] = [
            ("strip_write", (), (s.array, *(n for i in s.indexes for n, _ in i.terms), state, turn), (k, s))
            for k, s in enumerate(plan.stores)
        ]
        self.test(f"{size}.write", "strip_count", (turn, state), size, (write, ahead), *writes, step)
        self.add(ahead, (following,), ("strip_ahead", (state,), (state,), size), jump)

    def add(self, name: str, successors: tuple[str, ...], *steps: Step) -> None:
        """Add a block."""
        made = [Instruction(op, targets, arguments, detail, self.number, "next") for op, targets, arguments, detail in steps]
        self.blocks[name] = Block(name, made, successors)

    def test(
        self, part: str, op: str, arguments: tuple[str, ...], detail: object, successors: tuple[str, ...], *first: Step
    ) -> None:
        """Add a block that ends in a branch by the answer of an op."""
        flag = f"%{part}{self.number}"
        self.add(self.name(part), successors, *first, (op, (flag,), arguments, detail), ("branch", (), (flag,), None))


def _loop_blocks(blocks: dict[str, Block], head: Block) -> set[str]:
    """The blocks of the body."""
    inside, name = set[str](), head.successors[0]
    while name != head.name:
        inside.add(name)
        name = blocks[name].successors[0]
    return inside
