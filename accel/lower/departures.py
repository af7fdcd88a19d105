"""Lanes that leave a loop: which they are, and what they take along."""

from __future__ import annotations

from accel.lower.regions import Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accel.lower.lanes import LaneWriter

__all__ = ["Departures", "Mask"]


class Mask:
    """Which lanes are active: an i1 vector per group; `parent` and `condition`: those of `parent` for which that holds."""

    __slots__ = ("condition", "parent", "vectors")

    def __init__(self, vectors: list[str], parent: Mask | None = None, condition: list[str] | None = None) -> None:
        self.vectors, self.parent, self.condition = vectors, parent, condition


class Departures:
    """What lanes take along when they leave a loop: the values of the phis behind it, and by which edge they left."""

    def __init__(self, writer: LaneWriter, loop: Loop, end: str) -> None:
        self.writer, self.loop, self.end = writer, loop, end
        self.targets = list(dict.fromkeys(target for _, target in loop.exits))
        self.phis = [(t, o) for t in self.targets for o in writer.function.blocks[t].operations if o.op == "phi"]
        self.keys: list[tuple[str, str]] = [(o.name, o.type) for _, o in self.phis]
        if len(self.targets) > 1:
            self.keys += [(f"mask of {t}", "i1") for t in self.targets]
        self.now: dict[str, list[str]] = {}
        self.taken: set[tuple[str, str]] = set()
        self.arrivals: list[tuple[str, dict[str, list[str]]]] = []
        self.is_kept = not loop.is_uniform  # lanes leave at different turns

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
                    writer.select(m, phi.type, new[g], old) for g, (m, old) in enumerate(zip(mask.vectors, self.now[phi.name], strict=True))
                ]
        if len(self.targets) > 1:
            key = f"mask of {target}"
            self.now[key] = [writer.e.value(f"or {writer.vector('i1')} {m}, {old}") for m, old in zip(mask.vectors, self.now[key], strict=True)]

    def again(self) -> dict[str, str]:
        """What goes round, by mark."""
        return {f"@keep{id(self)}.{key}.{g}@": v for key, _ in self.keys for g, v in enumerate(self.now[key])} if self.is_kept else {}

    def arrive(self, block: str, now: dict[str, list[str]]) -> None:
        """A block from which the loop is left for good."""
        self.arrivals.append((block, dict(now)))

    def merge(self) -> None:
        """Behind the loop: whatever way it was left."""
        for key, type_ in self.keys:
            self.now[key] = [
                self.writer.e.value(f"phi {self.writer.vector(type_)} " + ", ".join(f"[ {now[key][g]}, %{block} ]" for block, now in self.arrivals))
                for g in self.writer.groups()
            ]

    def finish(self, last: str, skipped_from: str, mask: Mask) -> None:
        """Behind the loop and the way around it: values of the phis there, masks of the edges."""
        writer = self.writer
        if skipped_from:
            for key, type_ in self.keys:
                self.now[key] = [
                    writer.e.value(f"phi {writer.vector(type_)} [ {v}, %{last} ], [ zeroinitializer, %{skipped_from} ]") for v in self.now[key]
                ]
        for _, phi in self.phis:
            writer.values[phi.name] = self.now[phi.name]
            writer.regions.varying.add(phi.name)
        for target in self.targets:
            made = mask if len(self.targets) == 1 else Mask(self.now[f"mask of {target}"])
            if self.loop.around is not None and target not in self.loop.around.blocks:  # out of that one, too
                writer.carried[self.loop.header, target] = made, {o.name: self.now[o.name] for t, o in self.phis if t == target}
            else:
                writer.masks[target] = made
