"""The body of a loop with branches as one row of instructions, for strips: all sides are computed, and values are chosen.

Before::

    turn: if x[i] > t: s += x[i]                   # branch %t -> then, after
          if s > limit: break

After::

    %s7.1 = s + x[i]       when %t                 # a check that fails counts only then
    %s7.2 = select %t, %s7.1, s
    %t2 = %s7.2 > limit
    strip_leave %t2                                # the loop is left: the checked loop does that
    s = copy %s7.2

What is computed on a side not taken does no harm: strips neither trap nor store before they are known to count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from accel.graphs import reverse_postorder
from accel.ir import Access, Block, Instruction, TypedFunction
from accel.specialize.loops import Graph, Loop, Place
from accel.types.kinds import Bool, Float, Int, Scalar, members_of
from accel.values import dataclass, field, replace

__all__ = ["Straight", "straighten"]

_MOST = 80  # instructions of a body with branches that do something
_MOST_ASIDE = 24  # of them, those that compute something in only some of the turns
_CELL = "@"  # begins what stands for an element that is written
_QUIET = ("const", "static", "cell", "bound", "copy", "jump", "branch")
_CHEAP = ("attribute", "binary", "compare", "inplace", "item", "select", "set_item", "truth", "tuple", "unary", "unpack")


@dataclass(slots=True)
class Straight:
    """Instructions in order, what each comes from (it and its place), and the order in which elements are read and written."""

    body: list[Instruction] = field(default_factory=list)
    origins: dict[int, tuple[Place, Instruction]] = field(
        default_factory=dict
    )  # by id of the instruction; none for what was added
    order: list[tuple[str, Access]] = field(default_factory=list)


def _cell(access: Access) -> str:
    return f"{_CELL}{access.array}[{access}]"


def straighten(typed: TypedFunction, graph: Graph, loop: Loop, accesses: dict[int, Access]) -> Straight | None:
    """The body of an innermost loop in one row, None where that can't be or would cost too much. All its accesses are known."""
    inside = [name for name in graph.blocks if name in loop.blocks and name != loop.head]
    size = sum(i.op not in _QUIET for name in inside for i in graph.blocks[name].instructions)
    if size > _MOST or not graph.is_innermost(loop.head):
        return None
    stores = [(name, accesses[id(i)]) for name in inside for i in graph.blocks[name].instructions if i.op == "set_item"]
    times = Counter(access for _, access in stores)
    moved = dict.fromkeys(a for name, a in stores if times[a] > 1 or not graph.ends_every_turn(name, loop))
    return _Straightener(typed, graph, loop, accesses).made(moved)


@dataclass(slots=True)
class _Way:
    """A way into a block: the name of the flag that says whether it is taken ("": always), and what names stand for there."""

    flag: str
    names: dict[str, str]


class _Straightener:
    """Follows the blocks in the order of their dominance."""

    def __init__(self, typed: TypedFunction, graph: Graph, loop: Loop, accesses: dict[int, Access]) -> None:
        self.typed, self.graph, self.loop, self.accesses = typed, graph, loop, accesses
        self.found = Straight()
        self.ways: dict[str, list[_Way]] = {loop.body: [_Way("", {})]}
        self.flag, self.aside = "", 0  # of the block under way; instructions that are not done in every turn
        self.old: dict[Access, str] = {}  # elements as they were before the turn
        self.stores: dict[Access, tuple[Place, Instruction]] = {}
        self._count = 0

    def made(self, moved: Iterable[Access]) -> Straight | None:
        """The row. Elements written in only some of the turns, or several times, are read first and written once at the end: so no other
        store may mean them."""
        for access in moved:
            self.old[access] = self._append("strip_old", access.names, access)
            self.ways[self.loop.body][0].names[_cell(access)] = self.old[access]
            self.found.order.append(("item", access))
        for name in self._order():
            block, names = self.graph.blocks[name], self._enter(name)
            if names is None or block.instructions[-1].op not in ("jump", "branch"):
                return None
            for k, i in enumerate(block.instructions[:-1]):
                if not self._add(i, (name, k), names):
                    return None
            self._leave(block, names)
        return self._finish()

    def _order(self) -> list[str]:
        """The blocks of the body, each behind all from which it is reached."""

        def after(name: str) -> list[str]:
            return [s for s in self.graph.blocks[name].successors if s in self.loop.blocks and s != self.loop.head]

        return reverse_postorder(self.loop.body, after)

    def _new(self) -> str:
        self._count += 1
        return f"%s{self.loop.next.node}.{self._count}"

    def _append(self, op: str, arguments: tuple[str, ...], detail: object = None, target: str | None = None) -> str:
        """Add an instruction of our own; its result."""
        target = target or self._new()
        targets = () if op == "strip_leave" else (target,)
        self.found.body.append(Instruction(op, targets, arguments, detail, self.loop.next.node, "next"))
        return target

    # -- flags

    def _both(self, first: str, second: str) -> str:
        if not first or not second:
            return first or second
        return self._append("select", (first, second, self._append("const", (), False)))

    def _either(self, first: str, second: str) -> str:
        return "" if not first or not second else self._append("select", (first, first, second))

    def _neither(self, flag: str) -> str:
        return self._append("select", (flag, self._append("const", (), False), self._append("const", (), True)))

    # -- blocks

    def _enter(self, name: str) -> dict[str, str] | None:
        """What names stand for at the beginning of a block. One that every turn comes to (or leaves the loop before) needs no flag."""
        ways = self.ways[name]
        self.flag = ""
        if not self.graph.ends_every_turn(name, self.loop):
            self.flag = ways[0].flag
            for way in ways[1:]:
                self.flag = self._either(self.flag, way.flag)
        return self._join(name, ways)

    def _join(self, name: str, ways: list[_Way]) -> dict[str, str] | None:
        names = dict(ways[0].names)
        if len(ways) == 1:
            return names
        live = self.typed.live[id(self.graph.blocks[name].instructions[0])]
        for n in sorted({n for way in ways for n in way.names}):
            values = [way.names.get(n, n) for way in ways]
            names.pop(n, None)
            if n not in live and not n.startswith(_CELL):
                continue
            if len(set(values)) == 1:
                names[n] = values[0]
            else:
                if not n.startswith(_CELL) and not self._is_number(name, n):
                    return None
                names[n] = self._choose(n, [(way.flag, value) for way, value in zip(ways, values, strict=True)])
        return names

    def _choose(self, name: str, given: list[tuple[str, str]]) -> str:
        """The value of the way that is taken. What changes nothing comes last, so that each flag is that of an operation."""
        chosen = {i.targets[0] for i in self.found.body if i.op == "select"}
        (_, made), *rest = sorted(given, key=lambda way: (way[1] != name, way[1] not in chosen))
        for flag, value in rest:
            made = self._append("select", (flag, value, made)) if value != made else made
        return made

    def _is_number(self, block: str, name: str) -> bool:
        """Whether a name is bound to a number at the beginning of a block."""
        kind, maybe_unbound = self.typed.entry_states[block].get(name, (None, True))
        return not maybe_unbound and kind is not None and all(isinstance(m, (Int, Float, Bool, Scalar)) for m in members_of(kind))

    def _add(self, i: Instruction, place: Place, names: dict[str, str]) -> bool:
        """Add an instruction of the body; whether that can be."""
        arguments = tuple(names.get(n, n) for n in i.arguments)
        if i.op == "poll" or (i.op == "bound" and not self.typed.maybe_unbound.get(id(i))):
            return True
        if i.op == "copy":
            names[i.targets[0]] = arguments[0]
            return True
        if i.op not in _QUIET:
            self.aside += bool(self.flag)
        if i.op == "bound" or (self.flag and i.op not in _QUIET and not self._is_cheap(i)) or self.aside > _MOST_ASIDE:
            return False
        access = self.accesses.get(id(i))
        if access is not None and i.op == "set_item":
            names[_cell(access)] = arguments[-1]
            self.stores[access] = place, i
            return True
        if access is not None:
            self.found.order.append(("item", access))
            if names.get(_cell(access)) != self.old.get(access):  # what is stored is in no array yet
                return False
        targets = tuple(self._new() for _ in i.targets)
        names |= dict(zip(i.targets, targets, strict=True))
        detail = self.accesses.get(id(i), i.detail)
        made = replace(i, targets=targets, arguments=arguments, detail=detail, when=(self.flag, True) if self.flag else None)
        if i.when is not None:
            flag = names.get(i.when[0], i.when[0])
            made = replace(made, when=(self._both(self.flag, flag if i.when[1] else self._neither(flag)), True))
        self.found.body.append(made)
        self.found.origins[id(made)] = place, i
        return True

    def _is_cheap(self, i: Instruction) -> bool:
        """Whether to compute something where it may not be wanted costs less than a branch."""
        return i.op in _CHEAP and not (i.op in ("binary", "inplace") and i.detail == "/")

    def _leave(self, block: Block, names: dict[str, str]) -> None:
        """Hand on what names stand for to the blocks behind one."""
        inside = [s for s in dict.fromkeys(block.successors) if s in self.loop.blocks]
        last = block.instructions[-1]
        if last.op == "jump" or len(set(block.successors)) == 1:
            flags = [self.flag]
        else:
            taken = names.get(last.arguments[0], last.arguments[0])
            outside = [s for s in block.successors if s not in inside]
            ways = {s: taken if s == block.successors[0] else self._neither(taken) for s in outside or inside}
            flags = [self.flag if outside else self._both(self.flag, ways[s]) for s in inside]
            for successor in outside:
                self._append("strip_leave", (self._both(self.flag, ways[successor]),))
        for successor, flag in zip(inside, flags, strict=True):
            self.ways.setdefault(successor, []).append(_Way(flag, dict(names)))

    def _finish(self) -> Straight | None:
        """Give names the values they have behind the turn."""
        names = self._join(self.loop.head, self.ways[self.loop.head])
        if names is None:
            return None
        for access, (place, i) in self.stores.items():
            made = replace(i, arguments=(access.array, names.pop(_cell(access))), detail=access)
            self.found.body.append(made)
            self.found.origins[id(made)] = place, i
            self.found.order.append(("set_item", access))
        live = self.typed.live[id(self.graph.blocks[self.loop.head].instructions[0])]
        changed = {n: value for n, value in names.items() if n in live and n != value}
        kept = {n: self._append("copy", (n,)) for n in changed if n in changed.values()}
        if any(n.startswith("%") for n in changed):
            return None
        for n, value in changed.items():
            self._append("copy", (kept.get(value, value),), target=n)
        return self.found
