"""Loop nests get a second version in which subscripts are known to be in range, entered when a gate in front of the nest says so.

Before::

    head: next %iter7 -> body, done                # body: y[i] = a * x[i] + y[i]; then back to head

After::

    gate.head: %gate7 = gate %iter7, x, y          # x and y as long as the greatest i, apart, ...
               branch -> head.in, head
    head.in:   next %iter7 -> body.in, done        # the same, with unchecked subscripts
    head:      next %iter7 -> body, done

The gate stands in front of the outermost loop at whose entry the subscripts can be bounded; inner loops whose subscripts depend on
what the outer one computes (`for k in range(start[i], start[i + 1])`) have a gate of their own. Straight innermost loops run in
strips there (`accel.specialize.strips`), or turn after turn without a loop when there are only a few.
"""

from __future__ import annotations

from accel.ir import Access, Affine, Block, Flow, GatePlan, Instruction, TypedFunction
from accel.specialize.affine import Forms, find_outermost
from accel.specialize.indirect import Indirect, find_indirect, turn_name, write_indirect
from accel.specialize.loops import Definitions, Graph, Loop, Place
from accel.specialize.put_off import can_put_off, cannot_fail
from accel.specialize.rows import find_row, is_memory_of_lanes
from accel.specialize.straight import Straight, straighten
from accel.specialize.strips import Strip, write_strips
from accel.types.kinds import Array, Int, Kind, RangeIterator
from accel.values import dataclass, field, replace

__all__ = ["version_nests"]

_MOST = 400  # instructions of a nest that gets a second version
_FEW, _SHORT = 8, 200  # turns, and instructions in all of them, of a loop that is written out


def version_nests(typed: TypedFunction) -> Flow | None:
    """A flow with fast versions of loop nests, None if there is nothing to gain. Also fills `typed.passes`."""
    nests = _Nests(typed)
    for loop in nests.graph.loops:
        if loop.parent is None:
            nests.decide(loop)
    if not nests.gates:
        return None
    nests.find_inner()
    nests.find_passes()
    typed.passes = nests.passes
    typed.cold = {name for gate in nests.gates.values() for name in gate.loop.blocks}
    return _Copier(nests, typed.flow).flow()


@dataclass(slots=True)
class _Gate:
    """What is known once a gate has been passed."""

    loop: Loop
    forms: Forms
    ranges: dict[tuple[str, int, Affine, Affine], None] = field(default_factory=dict)
    apart: dict[tuple[str, str], None] = field(default_factory=dict)
    solid: dict[str, None] = field(default_factory=dict)

    def plan(self) -> GatePlan:
        """What has to be found out, which is less than all ranges where some bound others."""
        found = {r: None for r in self.ranges if r[2].is_from_end}
        axes: dict[tuple[str, int], list[tuple[Affine, Affine]]] = {}
        for array, axis, least, greatest in self.ranges:
            if not least.is_from_end:
                axes.setdefault((array, axis), []).append((least, greatest))
        for (array, axis), limits in axes.items():
            lowest, highest = (find_outermost([pair[side] for pair in limits], 2 * side - 1) for side in (0, 1))
            for k in range(max(len(lowest), len(highest))):
                found[array, axis, lowest[min(k, len(lowest) - 1)], highest[min(k, len(highest) - 1)]] = None
        return GatePlan(tuple(found), tuple(self.apart), tuple(self.solid))


@dataclass(slots=True)
class _Turns:
    """A loop that is written out: for each turn its item, and the body with its accesses."""

    loop: Loop
    numbers: range
    body: list[Instruction]
    accesses: list[list[Access | None]]


class _Nests:
    """Decides which accesses a gate makes certain, and what else a gate has to find out."""

    def __init__(self, typed: TypedFunction) -> None:
        self.typed = typed
        self.graph = Graph(typed)
        self.gates: dict[str, _Gate] = {}  # by head
        self.accesses: dict[int, Access] = {}  # id of an item or set_item -> what it accesses, in range behind the gate
        self.gate_of: dict[int, _Gate] = {}
        self.strips: dict[str, Strip] = {}  # by head
        self.turns: dict[str, _Turns] = {}
        self.passes: set[tuple[Access, Access]] = set()
        self.indirect: dict[str, Indirect] = {}
        self._definitions: Definitions = {}
        for name, block in self.graph.blocks.items():
            for k, instruction in enumerate(block.instructions):
                for target in instruction.targets:
                    self._definitions.setdefault(target, []).append(((name, k), instruction))

    # -- subscripts

    def decide(self, loop: Loop) -> None:
        """Find what a gate in front of a loop makes certain, then the same for the loops in it."""
        size = sum(len(self.graph.blocks[name].instructions) for name in loop.blocks)
        if size <= _MOST and self._is_range(loop):
            gate = _Gate(loop, Forms(self.typed, self.graph, loop, self._definitions))
            for name in self.graph.blocks:
                if name in loop.blocks and self.graph.is_in_every_turn(name, loop):
                    for k, instruction in enumerate(self.graph.blocks[name].instructions):
                        if id(instruction) not in self.accesses:
                            self._decide(gate, instruction, (name, k))
            if gate.ranges:
                self.gates[loop.head] = gate
        for inner in loop.inner:
            self.decide(inner)

    def _decide(self, gate: _Gate, instruction: Instruction, place: Place) -> None:
        lanes = find_row(self.typed, instruction)
        if instruction.op not in ("item", "set_item") and lanes is None:
            return
        access, ranges = self._access(gate, instruction, place), []
        if access is None:
            return
        for axis, form in enumerate(access.indexes):
            limits = gate.forms.bounds(form)
            if limits is None or (limits[0].is_from_end and (limits[0] != limits[1] or lanes is not None)):
                return
            ranges.append((access.array, axis, limits[0], limits[1] + Affine(0 if lanes is None else lanes.count - 1)))
        gate.ranges |= dict.fromkeys(ranges)
        self.accesses[id(instruction)] = access
        self.gate_of[id(instruction)] = gate

    def _access(self, gate: _Gate, instruction: Instruction, place: Place) -> Access | None:
        """What an instruction accesses, in forms of what is known at a gate."""
        row = find_row(self.typed, instruction)
        if row is not None:
            array, *subscripts = row.array, row.index
            kinds: tuple[Kind, ...] = (Int(),)
        else:
            array, *subscripts = instruction.arguments if instruction.op == "item" else instruction.arguments[:-1]
            kinds = self.typed.argument_kinds.get(id(instruction), ())[1 : 1 + len(subscripts)]
        kind = gate.forms.kind(array)
        if not isinstance(kind, Array) or len(subscripts) != kind.ndim or id(instruction) in self.typed.faults:
            return None
        if not kinds or not all(isinstance(k, Int) for k in kinds):  # none: it is not reached
            return None
        forms = [gate.forms.of(name, place) for name in subscripts]
        known = tuple(form for form in forms if form is not None)
        return Access(array, known) if len(known) == len(forms) else None

    def gates_around(self, loop: Loop | None) -> list[_Gate]:
        """The gates passed on the way into a loop, inner ones first."""
        found = []
        while loop is not None:
            if loop.head in self.gates:
                found.append(self.gates[loop.head])
            loop = loop.parent
        return found

    # -- order of reads and writes

    def find_inner(self) -> None:
        """Find the innermost loops that are written out, and those that can run in strips."""
        for loop in self.graph.loops:
            gates = self.gates_around(loop)
            if not gates or not self._is_range(loop):
                continue
            body, numbers = self._straight_body(loop), gates[0].forms.constant_range(loop)
            if body and numbers is not None and len(numbers) <= _FEW and len(numbers) * len(body) <= _SHORT:
                self._write_out(loop, numbers, [i for _, i in body], gates)
            elif not self._find_strip(loop, body, gates):
                self._find_indirect(loop, gates)

    def _write_out(self, loop: Loop, numbers: range, body: list[Instruction], gates: list[_Gate]) -> None:
        found: list[list[Access | None]] = []
        for number in numbers:
            accesses = [self.accesses.get(id(i)) for i in body]
            found.append([access and access.put(loop.item, number) for access in accesses])
        self.turns[loop.head] = _Turns(loop, numbers, body, found)
        self._note_passes([(i.op, a) for turn in found for i, a in zip(body, turn, strict=True) if a is not None], gates)

    def _find_strip(self, loop: Loop, body: list[tuple[Place, Instruction]], gates: list[_Gate]) -> bool:
        """Whether a loop can run in strips."""
        accesses, within = self._accesses_of(loop, gates[0])
        if accesses is None:
            return False
        row = _as_written(body, self.accesses | accesses) if body else straighten(self.typed, self.graph, loop, accesses)
        if row is None or not all(can_put_off(self.typed, i) for _, i in row.origins.values()):
            return False
        rows = [i for _, i in row.origins.values() if is_memory_of_lanes(self.typed, i)]
        if not (row.order or rows) or (rows and not (body and self._are_sure_loads(rows, row))):
            return False
        cells = self._cells(loop, row, gates) if body else {}
        wanted = self._order_wanted(loop, row.order, gates, cells)
        if wanted is None or not self._request(wanted, gates):
            return False
        checked = {n for gate in gates for n in gate.plan().names}
        affine = {new for new, (place, i) in row.origins.items() if self._is_unchecked(i, place, gates[0], checked)}
        in_cells = [_in_cell(i, cells) for i in row.body]
        self.strips[loop.head] = Strip(loop, in_cells, affine, tuple(within), tuple((name, access) for access, name in cells.items()))
        return True

    def _are_sure_loads(self, rows: list[Instruction], row: Straight) -> bool:
        """Whether SIMD values are only loaded, from where they are known to lie, and nothing is stored: a buffer holds back stores of numbers alone."""
        return all(id(i) in self.accesses and self.typed.calls[id(i)].name == "simd.load" for i in rows) and not any(op == "set_item" for op, _ in row.order)

    def _cells(self, loop: Loop, row: Straight, gates: list[_Gate]) -> dict[Access, str]:
        """Elements that are the same in all turns, are read and written, and mean no other element that is accessed: a name for each."""
        found: dict[Access, str] = {}
        for made in row.body:
            store = made.detail
            if made.op != "set_item" or not isinstance(store, Access) or any(loop.item in dict(form.terms) for form in store.indexes):
                continue
            others = {access for _, access in row.order if access.array == store.array and access != store}
            if ("item", store) in row.order and cannot_fail(self.typed, row.origins[id(made)][1]):
                if all(self._differ(store, other, gates, loop.item) for other in others):
                    found[store] = f"%cell{loop.next.node}.{len(found)}"
        return found

    def _accesses_of(self, loop: Loop, gate: _Gate) -> tuple[dict[int, Access] | None, dict[tuple[str, int, Affine], None]]:
        """What the accesses in a loop are, and which subscripts have to be looked at before each strip, as they are not used in every
        turn; no accesses if some are not known."""
        found, within = dict[int, Access](), dict[tuple[str, int, Affine], None]()
        for name in loop.blocks:
            for k, i in enumerate(self.graph.blocks[name].instructions):
                if i.op not in ("item", "set_item") or id(i) in self.typed.picks:
                    continue
                access = self.accesses.get(id(i)) or self._access(gate, i, (name, k))
                if access is None:
                    return None, {}
                found[id(i)] = access
        certain = {self.accesses[key] for key in found if key in self.accesses}
        for access in found.values():
            if access not in certain:
                within |= dict.fromkeys((access.array, axis, form) for axis, form in enumerate(access.indexes))
        return found, within

    def _find_indirect(self, loop: Loop, gates: list[_Gate]) -> None:
        found = find_indirect(gates[0].forms, loop, self.accesses, self._definitions)
        if found is not None and self._request(found.apart, gates):
            self.indirect[loop.head] = found

    def _is_range(self, loop: Loop) -> bool:
        return self.typed.argument_kinds.get(id(loop.next)) == (RangeIterator(),)

    def _straight_body(self, loop: Loop) -> list[tuple[Place, Instruction]]:
        """The instructions of a body that has no branches, [] if it has."""
        body: list[tuple[Place, Instruction]] = []
        name = loop.body
        while name != loop.head:
            block = self.graph.blocks.get(name)
            if block is None or name not in loop.blocks or block.instructions[-1].op != "jump":
                return []
            body += [((name, k), i) for k, i in enumerate(block.instructions[:-1]) if i.op != "poll"]
            name = block.successors[0]
        return body

    def _is_unchecked(self, i: Instruction, place: Place, gate: _Gate, checked: set[str]) -> bool:
        """Whether an integer operation can't leave 64 bits, as its names have been looked at."""
        if i.op != "binary" or self.typed.argument_kinds.get(id(i)) != (Int(), Int()):
            return False
        form = gate.forms.of(i.targets[0], (place[0], place[1] + 1))
        items = {loop.item for loop in gate.forms.items_of(form)} if form is not None else set()
        return form is not None and checked.issuperset(n for n in form.names if n not in items)

    def _order_wanted(
        self, loop: Loop, accesses: list[tuple[str, Access]], gates: list[_Gate], cells: dict[Access, str]
    ) -> set[tuple[str, str]] | None:
        """Pairs of arrays that must be apart (twice the same: no two elements of it in one place) so that the stores of 32 turns can
        be made after all loads, but for those of `cells`; None when that can't be."""
        wanted = set()
        for at, (op, store) in enumerate(accesses):
            for k, (other, load) in enumerate(accesses):
                if op != "set_item" or other != "item":
                    continue
                wanted.add((store.array, load.array))
                if store.array != load.array or store in cells or self._differ(store, load, gates, loop.item):
                    continue
                if store != load or k > at or not any(loop.item in dict(form.terms) for form in store.indexes):
                    return None
        return wanted

    def _differ(self, first: Access, second: Access, gates: list[_Gate], item: str = "") -> bool:
        """Whether two accesses of an array never mean the same element, whatever `item` is for each of them."""
        for one, other in zip(first.indexes, second.indexes, strict=True):
            if item in dict(one.terms) or item in dict(other.terms) or one.is_from_end != other.is_from_end:
                continue
            apart = one + other.scaled(-1)
            for gate in gates:
                least, greatest = gate.forms.bounds(apart) or (Affine(), Affine())
                if (not least.terms and least.constant > 0) or (not greatest.terms and greatest.constant < 0):
                    return True
        return False

    def _request(self, wanted: set[tuple[str, str]], gates: list[_Gate]) -> bool:
        """Have gates find out about pairs of arrays, each the outermost that can; whether all can be."""
        found = []
        for first, second in sorted(wanted):
            able = [g for g in gates if isinstance(g.forms.kind(first), Array) and isinstance(g.forms.kind(second), Array)]
            if not able:
                return False
            found.append((able[-1], first, second))
        for gate, first, second in found:
            kind = gate.forms.kind(first)
            if first != second:
                gate.apart[first, second] = None
            elif isinstance(kind, Array) and kind.layout not in ("C", "F"):
                gate.solid[first] = None
        return True

    def find_passes(self) -> None:
        """Find which stores can be made after which later loads of their block (so that both are settled before either)."""
        for name, block in self.graph.blocks.items():
            accesses = [(i.op, self.accesses[id(i)]) for i in block.instructions if id(i) in self.accesses]
            self._note_passes(accesses, self.gates_around(self.graph.loop_of(name)))

    def _note_passes(self, accesses: list[tuple[str, Access]], gates: list[_Gate]) -> None:
        for k, (op, store) in enumerate(accesses):
            for other, load in accesses[k + 1 :]:
                if op != "set_item" or other != "item":
                    continue
                differ = store.array != load.array or self._differ(store, load, gates)
                if differ and self._request({(store.array, load.array)}, gates):
                    self.passes.add((store, load))


def _as_written(body: list[tuple[Place, Instruction]], accesses: dict[int, Access]) -> Straight:
    """A body without branches."""
    row = Straight(order=[(i.op, accesses[id(i)]) for _, i in body if id(i) in accesses and i.op != "call"])
    for place, i in body:
        made = _made_sure(i, accesses.get(id(i)))
        row.body.append(made)
        row.origins[id(made)] = place, i
    return row


def _made_sure(i: Instruction, access: Access | None) -> Instruction:
    """A copy of an instruction; of an access that is certain, one that says so."""
    if access is None:
        return replace(i)
    return replace(i, is_sure=True) if i.op == "call" else replace(i, detail=access)


def _in_cell(i: Instruction, cells: dict[Access, str]) -> Instruction:
    """An instruction of a strip, where some elements have names."""
    name = cells.get(i.detail) if i.op in ("item", "set_item") and isinstance(i.detail, Access) else None
    if name is None:
        return i
    return replace(i, op="copy", detail=None, **({"arguments": (name,)} if i.op == "item" else {"targets": (name,), "arguments": i.arguments[-1:]}))


class _Copier:
    """Writes the versions."""

    def __init__(self, nests: _Nests, flow: Flow) -> None:
        self.nests, self.old = nests, flow
        self.blocks: dict[str, Block] = {}
        self._loops = {loop.head: loop for loop in nests.graph.loops}

    def flow(self) -> Flow:
        """The new flow."""
        self._copy(frozenset(self.old.blocks), (), [])
        return Flow(self.old.name, self.old.parameters, self.blocks)

    def _copy(self, names: frozenset[str], passed: tuple[_Gate, ...], around: list[tuple[frozenset[str], str]]) -> None:
        """Copy blocks to a version for which some gates have been passed."""
        levels = [*around, (names, ".in" * len(passed))]
        nests, nearest = self.nests, list(passed[-1:])
        here = {h: g for h, g in nests.gates.items() if nests.gates_around(g.loop.parent)[:1] == nearest}
        strips = {h: s for h, s in nests.strips.items() if nests.gates_around(s.loop)[:1] == nearest}
        turns = {h: t for h, t in nests.turns.items() if nests.gates_around(t.loop)[:1] == nearest}
        gone = {name for found in turns.values() for name in found.loop.blocks}
        indirect = {h: f for h, f in nests.indirect.items() if nests.gates_around(f.loop)[:1] == nearest}
        inner = dict.fromkeys(here, "gate") | dict.fromkeys((*strips, *indirect), "strips") | dict.fromkeys(turns, "turns")
        for name, block in self.old.blocks.items():
            if name not in names or name in gone:
                continue
            successors = tuple(self._entry(name, s, levels, inner) for s in block.successors)
            instructions = [self._version(i, passed) for i in block.instructions] if passed else block.instructions
            made = _resolve(name, levels)
            self.blocks[made] = Block(made, instructions, successors)
        for head, strip in strips.items():
            self.blocks |= write_strips(_resolve(head, levels), strip)
        for head, found in turns.items():
            entry = f"turns.{_resolve(head, levels)}"
            after = self._entry(head, self.old.blocks[head].successors[1], levels, inner)
            self.blocks[entry] = Block(entry, self._written_out(found, passed), (after,))
        for head, looked in indirect.items():
            self._write_indirect(head, looked, passed, levels)
        for head, gate in here.items():
            if head in names:
                self._gate(gate, levels)
                self._copy(gate.loop.blocks, (*passed, gate), levels)

    def _entry(self, name: str, successor: str, levels: list[tuple[frozenset[str], str]], inner: dict[str, str]) -> str:
        """Where a jump from a block to another goes: into a loop that is written in another way, to the start of that."""
        resolved = _resolve(successor, levels)
        if successor not in inner or (inner[successor] != "turns" and name in self._loops[successor].blocks):
            return resolved
        return f"{inner[successor]}.{resolved}"

    def _write_indirect(
        self, head: str, found: Indirect, passed: tuple[_Gate, ...], levels: list[tuple[frozenset[str], str]]
    ) -> None:
        loop, resolved = found.loop, _resolve(head, levels)
        inside = loop.blocks - {head}
        levels = [*levels, (inside, f"{levels[-1][1]}.sure")]
        looks = [self._version(i, passed) for i in found.looks]
        self.blocks |= write_indirect(resolved, _resolve(loop.body, levels), replace(found, looks=looks))
        for name, block in self.old.blocks.items():
            if name in inside:
                made, successors = _resolve(name, levels), block.successors
                body = [self._version(i, passed, found.accesses.get(id(i))) for i in block.instructions if i.op != "poll"]
                self.blocks[made] = Block(
                    made, body, tuple(turn_name(resolved) if s == head else _resolve(s, levels) for s in successors)
                )

    def _gate(self, gate: _Gate, levels: list[tuple[frozenset[str], str]]) -> None:
        loop, slow = gate.loop, _resolve(gate.loop.head, levels)
        fast = f"{slow}.in"
        node, plan, flag = loop.next.node, gate.plan(), f"%gate{loop.next.node}"
        test = Instruction("gate", (flag,), (loop.state, *plan.names), plan, node, "next")
        strips, turns = self.nests.strips.keys() | self.nests.indirect.keys(), self.nests.turns
        entry = f"strips.{fast}" if loop.head in strips else f"turns.{fast}" if loop.head in turns else fast
        self.blocks[f"gate.{slow}"] = Block(
            f"gate.{slow}", [test, Instruction("branch", (), (flag,), None, node, "next")], (entry, slow)
        )

    def _written_out(self, found: _Turns, passed: tuple[_Gate, ...]) -> list[Instruction]:
        numbers, loop, node = found.numbers, found.loop, found.loop.next.node
        made = []
        for k, (number, accesses) in enumerate(zip(numbers, found.accesses, strict=True)):
            detail = (number, number + numbers.step, len(numbers) - 1 - k, numbers.step)
            made.append(Instruction("turn", (loop.item, loop.state), (), detail, node, "next"))
            made += [self._version(i, passed, access) for i, access in zip(found.body, accesses, strict=True)]
        return [*made, Instruction("jump", (), (), None, node, "next")]

    def _version(self, i: Instruction, passed: tuple[_Gate, ...], access: Access | None = None) -> Instruction:
        """A copy of an instruction; of an access that is certain behind the gates, one that says so."""
        if access is None and self.nests.gate_of.get(id(i)) in passed:
            access = self.nests.accesses[id(i)]
        return _made_sure(i, access)


def _resolve(name: str, levels: list[tuple[frozenset[str], str]]) -> str:
    """The name of a block in the innermost version that has it."""
    for names, suffix in reversed(levels):
        if name in names:
            return name + suffix
    raise KeyError(name)
