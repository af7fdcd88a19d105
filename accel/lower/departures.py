"""Lanes that leave a loop: which they are, and what they take along."""

from __future__ import annotations

from accel.lower.lane_values import Mask
from accel.lower.regions import Induction, Loop
from accel.lower.ssa import Operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accel.lower.lanes import LaneWriter

__all__ = ["Departures"]


_TURNS = "turns"  # key of the number of turns of each lane
_MOST_TURNS = 2**32 - 2  # of loops whose turns are counted in 32 bits


class Departures:
    """What lanes take along when they leave a loop: the values of the phis behind it, and by which edge they left.

    What follows from the number of turns is not taken along: the turns of each lane are counted.
    """

    def __init__(self, writer: LaneWriter, loop: Loop, end: str) -> None:
        self.writer, self.loop, self.end = writer, loop, end
        self.targets = list(dict.fromkeys(target for _, target in loop.exits))
        self.is_kept = not loop.is_uniform  # lanes leave at different turns
        found = [(t, o) for t in self.targets for o in writer.function.blocks[t].operations if o.op == "phi"]
        self.counted = self._find_counted(found) if self.is_kept else []
        counted = [phi for _, phi, _ in self.counted]
        self.phis = [(t, o) for t, o in found if o not in counted]
        self.keys: list[tuple[str, str]] = [(o.name, o.type) for _, o in self.phis]
        if len(self.targets) > 1:
            self.keys += [(f"mask of {t}", writer.mask_type) for t in self.targets]
        if self.counted:
            self.keys.append((_TURNS, f"i{writer.shape.element_bits}"))
            self.one = self._one() if writer.shape.bits == 512 else ""
        self.number, self.following = "", ""  # of the turn, where turns are counted in 32 bits; of the next one
        self.now: dict[str, list[str]] = {}
        self.taken: set[tuple[str, str]] = set()
        self.arrivals: list[tuple[str, dict[str, list[str]]]] = []

    def _find_counted(self, phis: list[tuple[str, Operation]]) -> list[tuple[str, Operation, Induction]]:
        """Phis behind the loop that follow from the number of turns, whatever way lanes left."""
        inductions, found = self.writer.regions.find_inductions(self.loop), []
        for target, phi in phis:
            names = {phi.operands[phi.labels.index(s)] for s, t in self.loop.exits if t == target}
            name = next(iter(names))
            if len(names) == 1 and name in inductions:
                found.append((target, phi, inductions[name]))
        return found

    def _one(self) -> str:
        """Ones whose value LLVM does not see, so that adding them under a mask stays one instruction."""
        kind = self.writer.vector(f"i{self.writer.shape.element_bits}")
        return self.writer.e.value(f'call {kind} asm "", "=v,0"({kind} splat (i{self.writer.shape.element_bits} 1))')

    def count_turn(self, stay: Mask) -> None:
        """Lanes of a mask go round once more."""
        if not self.counted:
            return
        writer, bits = self.writer, self.writer.shape.element_bits
        e, kind, made = writer.e, writer.vector(f"i{bits}"), []
        for mask, turns in zip(stay.vectors, self.now[_TURNS], strict=True):
            if self.one:
                made.append(writer.select(mask, f"i{bits}", e.value(f"add {kind} {turns}, {self.one}"), turns))
            else:
                made.append(e.value(f"sub {kind} {turns}, {mask}"))
        self.now[_TURNS] = made
        if self.number:
            self.following = e.value(f"add i64 {self.number}, 1")

    def _follow(self, induction: Induction) -> list[str]:
        """A value that follows from the number of turns."""
        writer, type_ = self.writer, induction.type
        e, kind, counted = writer.e, writer.vector(type_), writer.vector(f"i{writer.shape.element_bits}")
        size, made = int(type_[1:]), []
        how = "" if size == writer.shape.element_bits else "zext" if size > writer.shape.element_bits else "trunc"
        for g, turns in enumerate(self.now[_TURNS]):
            number = e.value(f"{how} {counted} {turns} to {kind}") if how else turns
            if induction.ahead:
                number = e.value(f"add {kind} {number}, splat ({type_} 1)")
            if induction.step != "1":
                number = e.value(f"mul {kind} {number}, splat ({type_} {induction.step})")
            made.append(e.value(f"add {kind} {number}, {writer.wide(induction.start, type_, g)}"))
        return made

    def begin(self, enter: str) -> None:
        """At the head of the loop."""
        writer = self.writer
        for key, type_ in self.keys:
            if self.is_kept:
                self.now[key] = [
                    writer.marked(f"keep{id(self)}.{key}.{g}", type_, "zeroinitializer", enter, self.loop) for g in writer.groups()
                ]
            else:
                self.now[key] = ["zeroinitializer"] * writer.shape.groups
        if self.counted and writer.shape.element_bits == 32:
            self.number = writer.marked(f"number{id(self)}", "i64", "0", enter, self.loop, is_varying=False)

    def take_all(self) -> None:
        """Lanes that have left so far, by whatever edge, take their values along."""
        for source, target in self.loop.exits:
            inner = self.writer.regions.loops[source]
            while inner.around is not self.loop and inner is not self.loop and inner.around is not None:
                inner = inner.around
            if inner is not self.loop and (inner.header, target) in self.writer.carried:
                mask, values = self.writer.carried[inner.header, target]
                self.take(inner.header, target, mask, values)
            elif inner is self.loop and (source, target) in self.writer.edges:
                self.take(source, target, self.writer.edges[source, target])

    def take(self, source: str, target: str, mask: Mask, values: dict[str, list[str]] | None = None) -> None:
        """Lanes of a mask leave by an edge, or by one out of a loop inside, which knows their values: they take those along."""
        if (source, target) in self.taken:
            return
        self.taken.add((source, target))
        writer = self.writer
        for owner, phi in self.phis:
            if owner == target:
                new = values[phi.name] if values is not None else writer.coming(phi, source)
                self.now[phi.name] = [
                    writer.select(writer.holds(m), phi.type, new[g], old) for g, (m, old) in enumerate(zip(mask.vectors, self.now[phi.name], strict=True))
                ]
        if len(self.targets) > 1:
            key = f"mask of {target}"
            self.now[key] = [writer.e.value(f"or {writer.vector(writer.mask_type)} {m}, {old}") for m, old in zip(mask.vectors, self.now[key], strict=True)]

    def turns(self, group: int) -> list[str]:
        """The number of turns of a group of lanes, if it is counted."""
        return self.now[_TURNS][group : group + 1] if self.counted else []

    def again(self) -> dict[str, str]:
        """What goes round, by mark."""
        if not self.is_kept:
            return {}
        marks = {f"@keep{id(self)}.{key}.{g}@": v for key, _ in self.keys for g, v in enumerate(self.now[key])}
        if self.number:
            marks[f"@number{id(self)}@"] = self.following
        return marks

    def arrive(self, block: str, now: dict[str, list[str]]) -> None:
        """A block from which the loop is left for good."""
        self.arrivals.append((block, dict(now)))

    def merge(self) -> None:
        """Behind the loop: whatever way it was left. Gives up when the number of turns was too large for its bits."""
        for key, type_ in self.keys:
            self.now[key] = [
                self.writer.e.value(f"phi {self.writer.vector(type_)} " + ", ".join(f"[ {now[key][g]}, %{block} ]" for block, now in self.arrivals))
                for g in self.writer.groups()
            ]
        if self.number:
            e = self.writer.e
            after = e.label("counted")
            e.branch_if(e.value(f"icmp ugt i64 {self.number}, {_MOST_TURNS}"), "giveup", after, likely=False)
            e.place(after)

    def finish(self, last: str, skipped_from: str, mask: Mask) -> None:
        """Behind the loop and the way around it: values of the phis there, masks of the edges."""
        writer = self.writer
        if skipped_from:
            for key, type_ in self.keys:
                self.now[key] = [
                    writer.e.value(f"phi {writer.vector(type_)} [ {v}, %{last} ], [ zeroinitializer, %{skipped_from} ]") for v in self.now[key]
                ]
        for _, phi, induction in self.counted:
            self.now[phi.name] = self._follow(induction)
        behind = self.phis + [(target, phi) for target, phi, _ in self.counted]
        for _, phi in behind:
            writer.values[phi.name] = self.now[phi.name]
            writer.regions.varying.add(phi.name)
        for target in self.targets:
            made = mask if len(self.targets) == 1 else Mask(self.now[f"mask of {target}"])
            if self.loop.around is not None and target not in self.loop.around.blocks:  # out of that one, too
                writer.carried[self.loop.header, target] = made, {o.name: self.now[o.name] for t, o in behind if t == target}
            else:
                writer.masks[target] = made
