"""Loops whose subscripts are elements of arrays run in strips of 32 turns whose subscripts are all looked at before the first turn.

Before::

    head.in: next %iter7 -> body.in, done          # body: bins[x[i]] += 1; that x[i] is in range is known, that bins[x[i]] is, not

After::

    more:  poll; %more7 = strip_more %iter7        # 32 turns left?
           branch -> begin, or head.in
    look:  for turn k: %look7.1 = x[i]             # only what the subscripts are made of
           strip_inside bins, %look7.1             # one out of range only raises a flag
           32 times, then -> check
    check: the flag is up -> head.in; else -> sure
    turn:  %item7, %iter7 = strip_next %iter7      # 32 times, then -> more
           the body, whose subscripts are now all certain; its other checks are where they were

The first loop stores nothing and has no branches: LLVM makes vectors of it. The body is in order, so that it may leave anywhere.
Subscripts from the end count as out of range here: the checked loop knows them.
"""

from __future__ import annotations

from accel.ir import STRIPS, Access, Affine, Block, Instruction
from accel.specialize.affine import Forms
from accel.specialize.loops import Definitions, Loop, Place
from accel.specialize.put_off import can_put_off, is_pure
from accel.specialize.strips import JUMP, Step, StripWriter
from accel.types.arrays import is_index
from accel.types.kinds import Array, Bool, Float, Kind, Scalar, Union
from accel.values import dataclass, field, replace

__all__ = ["Indirect", "find_indirect", "turn_name", "write_indirect"]

_MOST = 80  # instructions of a loop that gets one more version
_CONVERSIONS = ("builtins.int", "builtins.float", "math.floor", "math.ceil", "math.trunc")


@dataclass(slots=True)
class Indirect:
    """What is looked at before each strip of a loop, what is certain then, and which arrays must share no memory for that."""

    loop: Loop
    looks: list[Instruction] = field(default_factory=list)
    accesses: dict[int, Access] = field(default_factory=dict)  # id of an item or set_item -> what it accesses
    apart: set[tuple[str, str]] = field(default_factory=set)


def find_indirect(forms: Forms, loop: Loop, certain: dict[int, Access], definitions: Definitions) -> Indirect | None:
    """Find what can be looked at in a loop behind a gate, None if that makes nothing more certain. `certain` has the accesses that the
    gate makes so."""
    blocks = forms.graph.blocks
    body = [i for name in loop.blocks for i in blocks[name].instructions]
    if not forms.graph.is_innermost(loop.head) or len(body) > _MOST or not all(_is_harmless(forms, i) for i in body):
        return None
    finder = _Finder(forms, loop, certain, definitions)
    for name in blocks:
        if name in loop.blocks:
            for k, i in enumerate(blocks[name].instructions):
                if i.op in ("item", "set_item") and id(i) not in certain:
                    finder.look_at(i, (name, k))
    found = finder.found
    stored = {i.arguments[0] for i in body if i.op == "set_item"}
    found.apart = {(array, read) for array in stored for read in finder.read}
    return None if not found.accesses or stored & finder.read else found


def _is_harmless(forms: Forms, i: Instruction) -> bool:
    """Whether an instruction changes nothing but names and elements of arrays that are known."""
    if i.op == "set_item":
        return id(i) not in forms.typed.faults and isinstance(forms.kind(i.arguments[0]), Array)
    return i.op in ("next", "poll", "jump", "branch") or is_pure(forms.typed, i)


class _Finder:
    """Collects the instructions that subscripts are made of, with names of their own: what the body computes comes later."""

    def __init__(self, forms: Forms, loop: Loop, certain: dict[int, Access], definitions: Definitions) -> None:
        self.typed, self.graph, self.forms = forms.typed, forms.graph, forms
        self.certain, self.definitions = certain, definitions
        self.found = Indirect(loop)
        self.read: set[str] = set()  # arrays that subscripts are read from
        self._names: dict[int, str] = {}  # id of a definition -> the name it has here
        self._inside: set[tuple[str, int, str]] = set()

    def look_at(self, access: Instruction, place: Place) -> None:
        """Make an access certain, if what its subscripts are made of can be computed before."""
        array, *subscripts = access.arguments if access.op == "item" else access.arguments[:-1]
        kind = self.forms.kind(array)
        kinds = self.typed.argument_kinds.get(id(access), ())[1 : 1 + len(subscripts)]
        if not isinstance(kind, Array) or len(subscripts) != kind.ndim or not kinds or not all(map(_is_integer, kinds)):
            return
        kept = len(self.found.looks), dict(self._names), set(self.read)
        names = [self._value(name, place) for name in subscripts]
        known = [name for name in names if name is not None]
        if len(known) < len(names):
            del self.found.looks[kept[0] :]
            self._names, self.read = kept[1], kept[2]
            return
        for axis, name in enumerate(known):
            if (array, axis, name) not in self._inside:
                self._inside.add((array, axis, name))
                self.found.looks.append(Instruction("strip_inside", (), (array, name), axis, access.node, access.phase))
        number = len(self.found.accesses)  # no two of them are known to be the same element, or different ones
        self.found.accesses[id(access)] = Access(array, tuple(Affine(0, ((f"%in{number}.{k}", 1),)) for k in range(kind.ndim)))

    def _value(self, name: str, at: Place) -> str | None:
        """The name here of what a name of the body stands for at a place; None if it can't be computed before the turns."""
        loop = self.found.loop
        if not any(place[0] in loop.blocks for place, _ in self.definitions.get(name, ())):
            return None if self.typed.entry_states[loop.head].get(name, (None, True))[1] else name
        if name == loop.item:
            return name
        found = self.forms.reaching(name, at)
        if found is None or not self._comes_before(found[0], at):
            return None
        place, made = found
        if id(made) not in self._names:
            if not self._can_be_early(made):
                return None
            arguments = [self._value(n, place) for n in made.arguments]
            known = tuple(n for n in arguments if n is not None)
            if len(known) < len(arguments):
                return None
            detail = self.certain.get(id(made), made.detail)
            if id(made) in self.certain:
                self.read.add(made.arguments[0])
            self._names[id(made)] = f"%look{loop.next.node}.{len(self.found.looks)}"
            self.found.looks.append(replace(made, targets=(self._names[id(made)],), arguments=known, detail=detail))
        return self._names[id(made)]

    def _comes_before(self, place: Place, at: Place) -> bool:
        """Whether what is at a place in the loop has been done earlier in the same turn."""
        if place[0] == at[0]:
            return place[1] < at[1]
        return place[0] in self.found.loop.blocks and self.graph.dominates(place[0], at[0])

    def _can_be_early(self, i: Instruction) -> bool:
        kinds = self.typed.argument_kinds.get(id(i), ())
        if len(i.targets) != 1:
            return False
        if i.op == "item":
            return (id(i) in self.certain and all(map(_is_integer, kinds[1:]))) or id(i) in self.typed.picks
        if i.op == "call":
            call = self.typed.calls.get(id(i))
            numbers = call is not None and call.name in _CONVERSIONS and all(map(_is_number, kinds[1:]))
            return len(kinds) == 2 and (
                numbers or (call is not None and call.name == "builtins.len" and isinstance(kinds[1], Array))
            )
        if i.op in ("copy", "const", "static"):
            return True
        if i.op == "attribute":
            return isinstance(kinds[0], Array)
        return i.op in ("binary", "inplace", "unary") and all(map(_is_number, kinds)) and can_put_off(self.typed, i)


def _is_integer(kind: Kind) -> bool:
    return is_index(kind) and not isinstance(kind, Union)


def _is_number(kind: Kind) -> bool:
    return _is_integer(kind) or isinstance(kind, (Bool, Float)) or (isinstance(kind, Scalar) and kind.char in "fd")


def write_indirect(head: str, body: str, found: Indirect) -> dict[str, Block]:
    """The blocks around the body of a loop whose head is `head`, entered at the block `strips.` + head. `body` is the first block of
    the version of the body whose subscripts are certain; it ends in jumps to the block `turn_name(head)`."""
    writer = StripWriter(head, found.loop)
    size, state, turn = STRIPS[0], writer.state, writer.turn
    begin, look, check, sure = (writer.name(part, size) for part in ("begin", "look", "check", "sure"))
    writer.test(writer.name("more", size), "strip_more", (state,), size, (begin, head), ("poll", (), (), None))
    writer.add(begin, (look,), ("strip_begin", (), (), 0), ("const", (turn,), (), 0), JUMP)
    step: Step = ("strip_turn", (turn,), (turn,), None)
    writer.test(look, "strip_count", (turn,), size, (look, check), ("strip_item", (writer.item,), (state, turn), None), step)
    writer.blocks[look].instructions[1:1] = found.looks
    writer.test(check, "strip_failed", (), size, (head, sure))
    writer.add(sure, (turn_name(head),), ("const", (turn,), (), 0), JUMP)
    step_in = writer.name("step", size)
    writer.test(turn_name(head), "strip_count", (turn,), size, (step_in, writer.name("more", size)))
    following: Step = ("strip_next", (writer.item, state), (state,), None)
    writer.add(step_in, (body,), following, step, JUMP)
    return writer.blocks


def turn_name(head: str) -> str:
    """The block where a turn of such a strip begins."""
    return f"strips.{head}.turn{STRIPS[0]}"
