"""A scalar function on many lanes at once (single program, multiple data): its control flow becomes masks.

Each value that may differ between lanes is `groups` vectors of `width` elements. A branch whose condition differs does not branch: both
sides are computed, each under a mask, and where they meet values are chosen. A loop runs until no lane is left in it; a lane that leaves
takes the values it has then. What is the same for all lanes stays scalar, and loops that all lanes leave together keep their branch.
Lanes that are not active compute rubbish nobody looks at.

Before: `while x < 100: x = x * 2`
After::

    loop:
      x = phi [x0], [x2]; mask = phi [all], [stay]; out = phi [0], [out2]
      stay = mask & (x < 100); left = mask & ~(x < 100)
      out2 = select left, x, out
      x2 = x * 2
      br any(stay), loop, done
"""

from __future__ import annotations

import re

from accel.lower.departures import Departures
from accel.lower.flags import flags_are_set, held_text, keep_here, opaque_text, pin
from accel.lower.integer_ranges import find_ranges
from accel.lower.lane_calls import emit_each
from accel.lower.lane_integers import emit_small, is_floored, write_floored
from accel.lower.lane_limits import limit_parameters, limit_shared
from accel.lower.lane_shape import LaneShape
from accel.lower.lane_values import LaneValues, Mask
from accel.lower.libm_lanes import emit_libm_lanes, is_libm_known
from accel.lower.loop_calls import find_lane_call
from accel.lower.pinned import find_pinned
from accel.lower.regions import Loop, Regions
from accel.lower.resting import find_resting
from accel.lower.ssa import Operation, Unreadable, may_trap
from accel.lower.text import Emitter, Module, parts_of
from accel.lower.turn_tests import emit_bounds, emit_test
from accel.lower.ulp_math import define_ulp, is_ulp_call

__all__ = ["LaneWriter", "write_lanes"]

_INTRINSICS = (
    "fabs sqrt floor ceil trunc rint nearbyint roundeven round copysign fma fmuladd minnum maxnum minimum maximum smax smin umax umin abs ctpop ctlz cttz is.fpclass fshl fshr "
    "sadd.with.overflow ssub.with.overflow smul.with.overflow uadd.with.overflow usub.with.overflow umul.with.overflow"
).split()
_WITH_CONSTANT = ("abs", "ctlz", "cttz", "is.fpclass")  # intrinsics whose last operand is no vector
_BITS = {"double": 64, "float": 32}
_POLLED = "0"  # what a loop would read, had its head not given up
_INFINITY = "0x7FF0000000000000"  # as LLVM writes it, for floats too
_RARE = ("libm.fmod",)  # what is called where a quicker way is not good enough
_EACH = re.compile(r"libm\.\w+|accel\.\w+")  # functions without vectors


def write_lanes(
    module: Module, regions: Regions, shape: LaneShape, name: str, *, is_flagged: bool = False, is_bounded: bool = False, is_small: bool = False
) -> None:
    """Add `i64 @name(inputs..., outputs..., blocks)`, which applies a function to blocks of as many elements as there are lanes; all operands are
    addresses of elements side by side, those of uniform parameters of one.

    The answer is how many blocks are done. It is less than wanted when a lane of the next one gave up, or has a number beyond what shows that there is
    nothing to warn about (`is_bounded`, see `accel.lower.bounded`), or an integer that is not small (`is_small`, see `accel.lower.lane_integers`).
    Where the flags of the processor tell what NumPy would warn about (`is_flagged`), they are looked at behind all blocks, since that waits for the
    arithmetic: the answer is all blocks or none. Then what is stored may be wrong, but nothing is stored behind a lane that gave up.

    Raises
    ------
    Unreadable
        When the function can't be done in lanes.
    """
    LaneWriter(module, regions, shape, is_flagged=is_flagged, is_bounded=is_bounded, is_small=is_small).write(name)


class LaneWriter(LaneValues):
    """Writes a function on lanes, block by block."""

    def __init__(self, module: Module, regions: Regions, shape: LaneShape, *, is_flagged: bool, is_bounded: bool, is_small: bool) -> None:
        super().__init__(Emitter(module), regions, shape)
        function, self.is_flagged, self.is_bounded, self.is_small = regions.function, is_flagged, is_bounded, is_small
        self.ranges = find_ranges(regions, is_limited=is_small)
        self.function = function
        self.types: dict[str, str] = {name: type_ for type_, name in function.parameters}
        self.masks: dict[str, Mask] = {}
        self.edges: dict[tuple[str, str], Mask] = {}
        self.bad: list[list[str]] = []
        self.sums: dict[str, list[str]] = {}  # float type -> sums that are NaN when a value noted is not finite
        self.pinned = find_pinned(regions)
        self.mask = self.full
        self.frames: list[Departures] = []
        self.bounds: dict[str, tuple[list[Operation], str, str]] = {}  # tests of the number of a turn, see `emit_bounds`
        self.carried: dict[tuple[str, str], tuple[Mask, dict[str, list[str]]]] = {}  # (loop left, target further out) -> what left
        self.done = self.e.slot("i64", initial="0")  # blocks done

    def flush(self) -> None:
        """Give up if a lane did."""
        for type_, sums in self.sums.items():
            self.bad.append(self.as_masks([self.e.value(f"fcmp uno {self.vector(type_)} {s}, {s}") for s in sums]))
        self.sums.clear()
        if self.bad:
            bad = [v for vectors in self.bad for v in vectors]
            self.bad = []
            after = self.e.label("sound")
            self.e.branch_if(self.any_of(bad), "giveup", after, likely=False)
            self.e.place(after)

    # -- the whole

    def write(self, name: str) -> None:
        """Add the function."""
        e, parameters = self.e, self.function.parameters
        for k, (type_, parameter) in enumerate(parameters):
            if not self.is_varying(parameter):
                self.renamed[parameter] = e.value(f"load {type_}, ptr %in{k}, align 1")
                limit_shared(self, type_, self.renamed[parameter])
        e.branch("block")
        e.place("block")
        first = e.value(f"mul i64 {e.value(f'load i64, ptr {self.done}')}, {self.shape.groups}")
        for k, (type_, parameter) in enumerate(parameters):
            if self.is_varying(parameter):
                self.values[parameter] = [e.value(f"load {self.vector(type_)}, ptr {self.place_of(f'%in{k}', type_, first, g)}, align 1") for g in self.groups()]
        self.masks[self.regions.order[0]] = self.full
        limit_parameters(self)
        self.run(None)
        e.place("giveup")
        e.do(f"ret i64 {'0' if self.is_flagged else e.value(f'load i64, ptr {self.done}')}")
        operands = [f"ptr %in{k}" for k in range(len(parameters))] + [f"ptr %out{k}" for k in range(len(self.function.results))]
        text = e.function(f"define internal i64 @{name}({', '.join(operands)}, i64 %blocks) noinline")
        e.module.define(text)

    def place_of(self, base: str, type_: str, first: str, group: int) -> str:
        """The address of a group of elements of the block whose first group has the number `first`."""
        place = self.e.value(f"getelementptr {self.vector(type_)}, ptr {base}, i64 {first}")
        return self.e.value(f"getelementptr {self.vector(type_)}, ptr {place}, i64 {group}") if group else place

    def run(self, loop: Loop | None) -> None:
        """The blocks of a loop, or of the function outside of loops; inner loops as wholes."""
        for name in self.regions.order:
            inner = self.regions.loops.get(name)
            if inner is loop:
                self.block(name, loop)
            elif inner is not None and inner.header == name and inner.around is loop:
                self.loop(inner)

    def enter(self, name: str) -> Mask:
        """The mask of a block, made of those of the edges to it."""
        if name not in self.masks:
            sources = self.regions.before[name]
            above = self.regions.immediate(name)
            if above in self.masks and len(sources) > 1 and self.regions.comes_together(above, name):
                self.masks[name] = self.masks[above]
            else:
                self.masks[name] = self.either([self.edges[s, name] for s in sources])
        return self.masks[name]

    def block(self, name: str, loop: Loop | None) -> None:
        """One block."""
        mask = self.enter(name)
        operations = self.function.blocks[name].operations
        if not (loop is not None and loop.header == name):
            for phi in (o for o in operations if o.op == "phi"):
                if not self.is_varying(phi.name):
                    self.renamed[phi.name] = self.scalar(phi.operands[0])
                elif phi.name not in self.values:
                    self.values[phi.name] = self.choose(name, phi)
        self.mask = mask
        for operation in operations[:-1]:
            if operation.op != "phi":
                self.operation(operation)
        self.end(name, operations[-1], mask, loop)

    def choose(self, block: str, phi: Operation) -> list[str]:
        """The value of a phi where ways meet: that of the edge each lane came by. From the innermost branch outwards: so a condition says enough without
        those around it, when all that was chosen before comes from inside the same branch."""
        ways = [(v, self.edges[p, block]) for v, p in zip(phi.operands, phi.labels, strict=True) if p in self.regions.dominators][::-1]
        (first, edge), *others = sorted(ways, key=lambda way: -len(way[1].around()))
        chosen, taken = [self.wide(first, phi.type, g) for g in self.groups()], [edge]
        for value, edge in others:
            if value != first or others[1:]:
                alone = edge.condition if all(edge.parent in e.around() for e in taken) else None
                chosen = [
                    self.select(self.holds(c), phi.type, self.wide(value, phi.type, g), old)
                    for g, (c, old) in enumerate(zip(alone or edge.vectors, chosen, strict=True))
                ]
            taken.append(edge)
        return chosen

    def select(self, condition: str, type_: str, then: str, otherwise: str) -> str:
        """Lane by lane, `then` where the condition holds; parts of structures one by one."""
        kind, e = self.vector(type_), self.e
        if not type_.startswith("{"):
            return e.value(f"select {self.vector('i1')} {condition}, {kind} {then}, {kind} {otherwise}")
        made = "poison"
        for k, part in enumerate(parts_of(type_)):
            pair = (e.value(f"extractvalue {kind} {then}, {k}"), e.value(f"extractvalue {kind} {otherwise}, {k}"))
            made = e.value(f"insertvalue {kind} {made}, {self.vector(part)} {self.select(condition, part, *pair)}, {k}")
        return made

    def end(self, name: str, last: Operation, mask: Mask, loop: Loop | None) -> None:
        """The end of a block: masks of the edges from it."""
        e = self.e
        if last.op == "ret":
            self.flush()
            self.results(last)
            return
        targets = [t for t in last.labels if t not in self.regions.given_up]
        if not targets:
            raise Unreadable("nothing but giving up")
        if len(targets) < len(last.labels):
            self.give_up(last, mask)
        if len(set(targets)) == 1:
            self.edges[name, targets[0]] = mask
            return
        condition = last.operands[0]
        if loop is not None and any(t not in loop.blocks for t in targets) and self.regions.is_uniform_exit(loop, name):
            leaving = next(t for t in targets if t not in loop.blocks)
            staying = next(t for t in targets if t in loop.blocks)
            self.flush()
            stay, leave = e.label("stay"), e.label("leave")
            pair = (stay, leave) if staying == last.labels[0] else (leave, stay)
            e.branch_if(self.scalar(condition), *pair)
            e.place(leave)
            self.leave(name, leaving, mask)
            e.place(stay)
            self.edges[name, staying] = mask
            return
        holds = self.settled(condition)
        self.edges[name, last.labels[0]] = self.both(mask, holds)
        self.edges[name, last.labels[1]] = self.both(mask, self.inverted(holds))

    def give_up(self, last: Operation, mask: Mask) -> None:
        """Lanes that go where lanes are given up."""
        condition, is_first = last.operands[0], last.labels[0] in self.regions.given_up
        test = self.defined.get(condition)
        if test is not None and test.op == "icmp" and self.renamed.get(test.operands[0]) == _POLLED:
            return
        if not self.is_varying(condition):
            after = self.e.label("sound")
            self.e.branch_if(self.scalar(condition), *(("giveup", after) if is_first else (after, "giveup")), likely=not is_first)
            self.e.place(after)
            return
        tested = self.finite_test(condition, holds=is_first)
        if tested is not None:
            self.note(*tested, mask)
            return
        holds = self.settled(condition)
        self.bad.append(self.both(mask, holds if is_first else self.inverted(holds)).vectors)

    def finite_test(self, condition: str, *, holds: bool) -> tuple[str, str] | None:
        """Type and name of what a condition finds to be infinite or NaN, when it `holds` (or when it does not); None for other conditions."""
        test = self.defined.get(condition)
        if test is None or test.op != "fcmp" or test.flags != ("ueq " if holds else "one ") or test.operands[1] != _INFINITY:
            return None
        size = self.defined.get(test.operands[0])
        if size is None or size.op != "call" or not size.detail.startswith("llvm.fabs.") or size.type not in ("double", "float"):
            return None
        return size.type, size.operands[0]

    def note(self, type_: str, name: str, mask: Mask) -> None:
        """Lanes of a mask give up if this value is not finite: times 0 it is NaN then, and so is the sum of all such."""
        e, kind = self.e, self.vector(type_)
        fused = f"llvm.fma.v{self.shape.width}f{64 if type_ == 'double' else 32}"
        e.module.declare(fused, kind, (kind, kind, kind))
        before = self.sums.get(type_, ["zeroinitializer"] * self.shape.groups)
        made = []
        for g, old in enumerate(before):
            total = e.value(f'call {kind} @"{fused}"({kind} {self.wide(name, type_, g)}, {kind} zeroinitializer, {kind} {old})')
            made.append(total if mask is self.full else self.select(self.holds(mask.vectors[g]), type_, total, old))
        self.sums[type_] = made

    def results(self, last: Operation) -> None:
        """Store what is returned, and go on with the next block."""
        e, done, stored = self.e, self.e.value(f"load i64, ptr {self.done}"), self.e.label("stored")
        first = e.value(f"mul i64 {done}, {self.shape.groups}")
        made: dict[int, str] = {}
        name, operations = last.operands[0], self.defined
        while name in operations and operations[name].op == "insertvalue":
            made.setdefault(int(operations[name].detail), operations[name].operands[1])
            name = operations[name].operands[0]
        constants = [part.split()[-1] for part in name.strip("{} ").split(",")] if name.startswith("{") else []
        for k, type_ in enumerate(self.function.results):
            for g in self.groups():
                if k in made or constants:
                    value = self.wide(made.get(k, constants[k] if constants else ""), type_, g)
                else:
                    value = e.value(f"extractvalue {self.vector(last.type)} {self.wide(name, last.type, g)}, {k}")
                e.do(f"store {self.vector(type_)} {value}, ptr {self.place_of(f'%out{k}', type_, first, g)}, align 1")
        following = e.value(f"add i64 {done}, 1")
        e.do(f"store i64 {following}, ptr {self.done}")
        e.branch_if(e.value(f"icmp ult i64 {following}, %blocks"), "block", stored)
        e.place(stored)
        if self.is_flagged:
            quiet = e.label("quiet")
            e.branch_if(flags_are_set(e), "giveup", quiet, likely=False)
            e.place(quiet)
        e.do("ret i64 %blocks")

    # -- loops

    def loop(self, loop: Loop) -> None:
        """A loop as a whole."""
        e, outside = self.e, [s for s in self.regions.before[loop.header] if s not in loop.blocks]
        if not loop.exits:
            raise Unreadable("a loop that does not end")
        if len(outside) != 1:
            raise Unreadable("a loop without a block in front")
        mask = self.edges[outside[0], loop.header]
        self.flush()
        self.bounds |= emit_bounds(self, loop)
        enter, end, done, before = e.label("enter"), e.label("left"), e.label("done"), ""
        frame = Departures(self, loop, end)
        self.frames.append(frame)
        if mask is self.full:
            e.branch(enter)
        else:  # without a lane it might run for ever
            e.branch_if(self.any_of(mask.vectors), enter, done)
            before = e.block
        e.place(enter)
        head, marks = self.open(loop, outside[0], enter)
        inside = mask
        if not loop.is_uniform:
            inside = Mask([self.marked(f"stay{id(loop)}.{g}", self.mask_type, m, enter, loop) for g, m in enumerate(mask.vectors)])
        self.masks[loop.header] = inside
        frame.begin(enter)
        self.poll(loop)
        self.run(loop)
        self.close(loop, frame, head, marks)
        self.frames.pop()
        e.place(end)
        frame.merge()
        last = e.block
        e.branch(done)
        e.place(done)
        frame.finish(last, before, mask)

    def poll(self, loop: Loop) -> None:
        """Give up when a signal waits: at the head, where nothing else is under way, not where the loop asks."""
        asked = [o for name in loop.blocks if self.regions.loops[name] is loop for o in self.function.blocks[name].operations if o.op == "load"]
        for operation in asked:
            self.renamed[operation.name] = _POLLED
        if asked:
            after = self.e.label("quiet")
            waiting = self.e.value(f"load atomic i32, ptr {self.e.module.external(asked[0].detail)} monotonic, align 4")
            self.e.branch_if(self.e.value(f"icmp eq i32 {waiting}, 0"), after, "giveup", likely=True)
            self.e.place(after)

    def marked(self, name: str, type_: str, first: str, enter: str, loop: Loop, *, is_varying: bool = True) -> str:
        """A phi at the head of a loop: at first `first`, then what stands for the mark `name` when the loop goes back."""
        kind = self.vector(type_) if is_varying else type_
        return self.e.value(f"phi {kind} [ {first}, %{enter} ], [ @{name}@, %@latch{id(loop)}@ ]")

    def open(self, loop: Loop, outside: str, enter: str) -> tuple[str, list[tuple[str, Operation, int]]]:
        """The head of a loop: its label, and the marks of its phis with phi and group."""
        e, head = self.e, self.e.label("loop")
        phis = [o for o in self.function.blocks[loop.header].operations if o.op == "phi"]
        starts: list[list[str]] = []
        for phi in phis:
            value = phi.operands[phi.labels.index(outside)]
            starts.append([self.wide(value, phi.type, g) for g in self.groups()] if self.is_varying(phi.name) else [self.scalar(value)])
        e.branch(head)
        e.place(head)
        marks: list[tuple[str, Operation, int]] = []
        for phi, start in zip(phis, starts, strict=True):
            varies, names = self.is_varying(phi.name), []
            for g, first in enumerate(start):
                marks.append((f"again{id(phi)}.{g}", phi, g))
                names.append(self.marked(marks[-1][0], phi.type, first, enter, loop, is_varying=varies))
            if varies:
                self.values[phi.name] = names
            else:
                self.renamed[phi.name] = names[0]
        return head, marks

    def close(self, loop: Loop, frame: Departures, head: str, marks: list[tuple[str, Operation, int]]) -> None:
        """The way back."""
        e, stay = self.e, self.edges[loop.latch, loop.header]
        frame.take_all()
        frame.count_turn(stay)
        self.flush()
        again: dict[str, str] = {}
        for mark, phi, g in marks:
            value = phi.operands[phi.labels.index(loop.latch)]
            again[f"@{mark}@"] = self.wide(value, phi.type, g) if self.is_varying(phi.name) else self.scalar(value)
        if (self.is_flagged or self.is_bounded) and not loop.is_uniform:
            self.rest(loop, marks, again)
            roots = [[again[f"@{m}@"] for m, _, h in marks if h == g] + stay.vectors[g : g + 1] + frame.turns(g) for g in self.groups()]
            e.reorder(roots, [self.entering(marks, g) for g in self.groups()])
        again |= {f"@stay{id(loop)}.{g}@": v for g, v in enumerate(stay.vectors)} | frame.again()
        if loop.is_uniform:
            e.branch(head)
        else:
            e.branch_if(self.any_of(stay.vectors), head, frame.end)
            frame.arrive(e.block, frame.now)
        again[f"@latch{id(loop)}@"] = e.block
        e.replace(again)

    def rest(self, loop: Loop, marks: list[tuple[str, Operation, int]], again: dict[str, str]) -> None:
        """Keep lanes that have left a loop from raising flags, as their numbers would grow: some are 0, or where there are divisions, what
        they were. One turn late, as that mask is known early. Group by group, so that the values of few groups are alive at once."""
        divides = any(o.op == "fdiv" for name in loop.blocks for o in self.function.blocks[name].operations)
        resting = set() if self.is_bounded else find_resting(self.regions, loop)
        for mark, phi, g in sorted(marks, key=lambda m: m[2]):
            if not self.is_varying(phi.name) or not self.fits_register(phi.type):
                continue
            kind, active, new = self.vector(phi.type), self.masks[loop.header].vectors[g], again[f"@{mark}@"]
            if phi.name in resting:
                if divides or self.mask_type != ("i64" if phi.type == "double" else "i32"):
                    new = self.select(self.holds(active), phi.type, new, self.values[phi.name][g] if divides else "zeroinitializer")
                else:
                    integer = self.vector(self.mask_type)
                    kept = self.e.value(f"and {integer} {active}, {self.e.value(f'bitcast {kind} {new} to {integer}')}")
                    new = self.e.value(f"bitcast {integer} {kept} to {kind}")
            again[f"@{mark}@"] = keep_here(self.e, kind, new, self.shape.bits)

    def entering(self, marks: list[tuple[str, Operation, int]], group: int) -> dict[str, str]:
        """What a group begins with, held back until the group before is done, so that its values are not alive at the same time."""
        phis = [phi for _, phi, g in marks if g == group and self.is_varying(phi.name) and self.fits_register(phi.type)]
        return {self.values[p.name][group]: held_text(self.vector(p.type), self.values[p.name][group], self.shape.bits) for p in phis} if group else {}

    def leave(self, source: str, target: str, mask: Mask) -> None:
        """All lanes left in the innermost loop leave it by an edge."""
        frame = self.frames[-1]
        kept = dict(frame.now)
        frame.take_all()
        frame.take(source, target, mask)
        frame.arrive(self.e.block, frame.now)
        self.e.branch(frame.end)
        frame.now = kept
        frame.taken.clear()

    # -- operations

    def operation(self, operation: Operation) -> None:
        """An operation that is no phi and no branch."""
        if operation.op == "call" and operation.detail.startswith("llvm.assume"):
            return
        if operation.op == "call" and operation.detail.startswith("lane.note."):
            if not self.is_bounded:
                self.note_flagged(operation)
            return
        if operation.name in self.renamed:
            return
        if operation.name in self.bounds:
            self.renamed[operation.name] = emit_test(self, operation, *self.bounds[operation.name])
        elif is_floored(operation) and not self.is_varying(operation.name):
            self.renamed[operation.name] = write_floored(self.e, operation, "i64", self.scalar(operation.operands[0]), operation.operands[1])
        elif operation.name and operation.name not in self.regions.varying:
            self.renamed[operation.name] = self.e.value(self.renamed_text(operation))
        elif operation.op == "call" and is_ulp_call(operation.detail):
            self.values[operation.name] = [self.approximate(operation, g) for g in self.groups()]
        elif may_trap(operation) or (operation.op == "call" and _EACH.fullmatch(operation.detail)):
            self.declare(operation.detail, operation.type, operation.types)
            self.values[operation.name] = self.each(operation)
        else:
            self.values[operation.name] = [emit_small(self, operation, g) or self.widened(operation, g) for g in self.groups()]

    def note_flagged(self, operation: Operation) -> None:
        """The flags are to tell of a result: it must be computed, even if nothing needs it."""
        name, type_ = operation.operands[0], operation.types[0]
        if name in self.defined and not self.is_varying(name) and type_ in ("double", "float"):
            self.test_shared(type_, self.scalar(name), "ueq", _INFINITY)  # LLVM may compute it once for all blocks, before flags are cleared
            return
        if name not in self.pinned or name not in self.defined:
            return
        for g in self.groups():
            pin(self.e, type_, self.wide(name, type_, g), self.shape.width, self.shape.bits)

    def test_shared(self, type_: str, value: str, relation: str, limit: str) -> None:
        """Give up if the magnitude of a value that is the same for all lanes has this relation to a limit."""
        e, sound = self.e, self.e.label("sound")
        bad = e.value(f"fcmp {relation} {type_} {e.call(type_, f'llvm.fabs.f{_BITS[type_]}', f'{type_} {value}')}, {limit}")
        e.branch_if(bad, "giveup", sound, likely=False)
        e.place(sound)

    def each(self, operation: Operation) -> list[str]:
        """An operation for one active lane after the other."""
        if may_trap(operation):
            self.flush()  # lanes that have given up, because of their divisor maybe, still count as active
        e, name, word = self.e, self.lane_function(operation), f"i{self.shape.width}"
        result, is_rare, made = self.vector(operation.type), operation.detail in _RARE or operation.detail == "accel.float_divmod", []
        for g, mask in enumerate(self.mask.vectors):
            given = [f"{self.vector(t)} {self.wide(o, t, g)}" for o, t in zip(operation.operands, operation.types, strict=True)]
            active = e.value(f"bitcast {self.vector('i1')} {self.holds(mask)} to {word}")
            some, done, before = e.label("some"), e.label("each"), e.block
            e.branch_if(e.value(f"icmp eq {word} {active}, 0"), done, some, likely=True if is_rare else None)
            e.place(some)
            called = e.value(f"call {result} {name}({', '.join([*given, f'{word} {active}'])})")
            e.branch(done)
            e.place(done)
            made.append(e.merge(result, (called, some), ("zeroinitializer", before)))
        return made

    def approximate(self, operation: Operation, group: int) -> str:
        """An elementary function of the package's own. Idle lanes must not raise flags where these are looked at."""
        width, mask = self.shape.width, self.mask
        operands = [self.wide(o, t, group) for o, t in zip(operation.operands, operation.types, strict=True)]
        word = "-1"
        if mask is not self.full:
            active = self.holds(mask.vectors[group])
            word = self.e.value(f"bitcast {self.vector('i1')} {active} to i{width}")
            if self.is_flagged:
                operands = [self.select(active, t, o, f"splat ({t} 0.5)") for o, t in zip(operands, operation.types, strict=True)]
        given = [f"{self.vector(t)} {o}" for o, t in zip(operands, operation.types, strict=True)]
        name = define_ulp(self.e.module, operation.detail, width)
        return self.e.value(f"call {self.vector(operation.type)} {name}({', '.join([*given, f'i{width} {word}'])})")

    def lane_function(self, operation: Operation) -> str:
        """The function that does an operation for vectors, lane by lane unless there is a better one."""
        if self.shape.element_bits == 64 and is_libm_known(operation.detail, self.shape.bits):
            return emit_libm_lanes(self.e.module, operation.detail, self.shape.width)
        by_numpy = find_lane_call(self.e.module, operation.detail, len(operation.operands), self.shape.width)
        return by_numpy or emit_each(self.e.module, operation, self.shape.width)

    def renamed_text(self, operation: Operation) -> str:
        """A uniform operation, with its operands as they are called here."""
        if operation.op == "load":
            return f"load atomic i32, ptr {self.e.module.external(operation.detail)} monotonic, align 4"
        if operation.op == "call":
            self.declare(operation.detail, operation.type, operation.types)
        return re.sub(r"%[\w.$-]+|%\"[^\"]*\"", lambda m: self.scalar(m[0]), operation.text)

    def declare(self, name: str, result: str, types: list[str]) -> None:
        """Declare an intrinsic, or a function of libm."""
        if self.e.module.has_support(name.removeprefix("accel.")) or not name:
            return
        if name.startswith("libm."):
            self.e.module.declare(name, result, tuple(types), "nounwind willreturn memory(none)")
            return
        if not name.startswith("llvm."):
            raise Unreadable(f"call of {name}")
        self.e.module.declare(name, result, tuple(types))

    def widened(self, operation: Operation, group: int) -> str:
        """One group of an operation."""
        e, op = self.e, operation.op
        types = [self.vector(t) for t in operation.types]
        operands = [self.wide(o, t, group) for o, t in zip(operation.operands, operation.types, strict=True)]
        if op == "select" and operation.type.startswith("{"):
            return self.select(operands[0], operation.type, *operands[1:])
        if op == "select":
            return e.value(f"select {operation.flags}{types[0]} {operands[0]}, {types[1]} {operands[1]}, {types[2]} {operands[2]}")
        if self.is_flagged and self.mask is not self.full and (op == "fdiv" or operation.detail.startswith("llvm.sqrt.")):
            one = f"splat ({operation.type} 1.0)"  # what idle lanes have would raise flags: 1 / 0, the root of -1
            operands[-1] = self.select(self.holds(self.mask.vectors[group]), operation.type, operands[-1], one)
            if self.fits_register(operation.type):  # else LLVM divides by what was there, and chooses behind
                operands[-1] = e.value(opaque_text(types[-1], operands[-1], self.shape.bits))
        if op == "fcmp" and operands[1].startswith("splat") and self.fits_register(operation.types[1]):
            operands[1] = self.in_register(types[0], operands[1])
        if op in ("icmp", "fcmp"):
            return e.value(f"{op} {operation.flags}{types[0]} {operands[0]}, {operands[1]}")
        if op == "extractvalue":
            return e.value(f"extractvalue {types[0]} {operands[0]}, {operation.detail}")
        if op == "insertvalue":
            return e.value(f"insertvalue {types[0]} {operands[0]}, {types[1]} {operands[1]}, {operation.detail}")
        if op == "call":
            return self.call(operation, types, operands)
        if len(operands) == 1:
            to = f" to {self.vector(operation.detail)}" if operation.detail else ""
            return e.value(f"{op} {operation.flags}{types[0]} {operands[0]}{to}")
        return e.value(f"{op} {operation.flags}{types[0]} {operands[0]}, {operands[1]}")

    def fits_register(self, type_: str) -> bool:
        """Whether a vector of float or double elements fits a register: LLVM ends the process over one that does not."""
        return type_ in ("double", "float") and 128 <= self.shape.width * _BITS[type_] <= self.shape.bits

    def in_register(self, kind: str, constant: str) -> str:
        """A constant that is loaded once, not in every turn, where there are registers enough: LLVM does not see what it is."""
        if self.shape.bits < 512:
            return constant
        key = f"{kind} {constant}"
        if key not in self.renamed:
            self.renamed[key] = self.e.hoisted(opaque_text(kind, constant, self.shape.bits))
        return self.renamed[key]

    def call(self, operation: Operation, types: list[str], operands: list[str]) -> str:
        """An intrinsic, on vectors."""
        found = re.fullmatch(r"llvm\.([\w.]+?)\.(\w+)", operation.detail)
        if found is None or found[1] not in _INTRINSICS:
            raise Unreadable(f"call of {operation.detail}")
        name = f"llvm.{found[1]}.v{self.shape.width}{found[2]}"
        given = [f"{t} {o}" for t, o in zip(types, operands, strict=True)]
        if found[1] in _WITH_CONSTANT:
            given[-1], types = f"{operation.types[-1]} {operation.operands[-1]}", [*types[:-1], operation.types[-1]]
        result = self.vector(operation.type)
        self.e.module.declare(name, result, tuple(types))
        return self.e.value(f'call {operation.flags}{result} @"{name}"({", ".join(given)})')
