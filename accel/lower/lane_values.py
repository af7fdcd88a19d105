"""Values and masks of many lanes: vectors for what differs between them, scalars for what does not."""

from __future__ import annotations

from accel.lower.lane_shape import LaneShape
from accel.lower.regions import Regions
from accel.lower.ssa import Operation
from accel.lower.text import Emitter, parts_of

__all__ = ["LaneValues", "Mask"]


class Mask:
    """Which lanes are active: a vector per group, of i1 or of 0 and -1; `parent` and `condition`: those of `parent` for which that holds."""

    __slots__ = ("condition", "parent", "vectors")

    def __init__(self, vectors: list[str], parent: Mask | None = None, condition: list[str] | None = None) -> None:
        self.vectors, self.parent, self.condition = vectors, parent, condition

    def around(self) -> list[Mask]:
        """The masks it is a part of, from the closest on."""
        return [] if self.parent is None else [self.parent, *self.parent.around()]


class LaneValues:
    """The operands that stand for the names of a function, and the operations on masks.

    Attributes
    ----------
    values : dict
        For each name that differs between lanes, an operand per group.
    renamed : dict
        For each other name, its operand.
    mask_type : str
        What masks are vectors of: i1 only where there are registers for it, else 0 or -1.
    full : Mask
        All lanes.
    """

    def __init__(self, emitter: Emitter, regions: Regions, shape: LaneShape) -> None:
        self.e, self.regions, self.shape = emitter, regions, shape
        self.values: dict[str, list[str]] = {}
        self.renamed: dict[str, str] = {}
        self.mask_type = "i1" if shape.bits == 512 else f"i{shape.element_bits}"
        self.full = Mask([f"splat ({self.mask_type} -1)"] * shape.groups)
        self.defined = {o.name: o for block in regions.function.blocks.values() for o in block.operations if o.name}

    # -- operands

    def vector(self, type_: str) -> str:
        """The type of one vector of elements."""
        if type_.startswith("{"):
            return "{ " + ", ".join(map(self.vector, parts_of(type_))) + " }"
        return f"<{self.shape.width} x {type_}>"

    def wide(self, operand: str, type_: str, group: int) -> str:
        """An operand as a vector."""
        if operand in self.values:
            return self.values[operand][group]
        if operand.startswith("{"):
            parts = zip(parts_of(type_), parts_of(operand), strict=True)
            return "{ " + ", ".join(f"{self.vector(t)} {self.wide(c.split()[-1], t, group)}" for t, c in parts) + " }"
        if not operand.startswith("%"):
            return operand if operand in ("undef", "poison", "zeroinitializer") else f"splat ({type_} {operand})"
        if type_.startswith("{"):
            made = "poison"
            for k, part in enumerate(parts_of(type_)):
                one = self.e.value(f"extractvalue {type_} {self.scalar(operand)}, {k}")
                made = self.e.value(f"insertvalue {self.vector(type_)} {made}, {self.vector(part)} {self.spread(one, part)}, {k}")
            return made
        return self.spread(self.scalar(operand), type_)

    def spread(self, scalar: str, type_: str) -> str:
        """A scalar in every element of a vector."""
        one = self.e.value(f"insertelement {self.vector(type_)} poison, {type_} {scalar}, i64 0")
        return self.e.value(f"shufflevector {self.vector(type_)} {one}, {self.vector(type_)} poison, <{self.shape.width} x i32> zeroinitializer")

    def coming(self, phi: Operation, source: str) -> list[str]:
        """What a phi gives lanes that come from a block."""
        value = phi.operands[phi.labels.index(source)]
        return [self.wide(value, phi.type, g) for g in self.groups()]

    def scalar(self, operand: str) -> str:
        """A uniform operand."""
        return self.renamed.get(operand, operand)

    def is_varying(self, operand: str) -> bool:
        """Whether an operand differs between lanes."""
        return operand in self.regions.varying

    def groups(self) -> range:
        """Numbers of the groups."""
        return range(self.shape.groups)

    # -- masks

    def both(self, mask: Mask, condition: list[str]) -> Mask:
        """Lanes of a mask for which a condition holds."""
        if mask is self.full:
            return Mask(condition, mask, condition)
        kind = self.vector(self.mask_type)
        return Mask([self.e.value(f"and {kind} {m}, {c}") for m, c in zip(mask.vectors, condition, strict=True)], mask, condition)

    def settled(self, condition: str) -> list[str]:
        """A condition as masks; in lanes that are not active it may be anything, but it must be something. What joins conditions joins masks:
        vectors of i1 would be packed for it, and unpacked."""
        joined = self.defined.get(condition)
        how = _joining(joined) if joined is not None and self.mask_type != "i1" and self.is_varying(condition) else None
        if how is not None:
            name, *operands = how
            kind, (first, second) = self.vector(self.mask_type), map(self.settled, operands)
            return [self.e.value(f"{name} {kind} {a}, {b}") for a, b in zip(first, second, strict=True)]
        if self.mask_type != "i1" and condition.startswith("%") and not self.is_varying(condition):
            one = self.e.value(f"sext i1 {self.e.value(f'freeze i1 {self.scalar(condition)}')} to {self.mask_type}")
            return [self.spread(one, self.mask_type)] * self.shape.groups
        return self.as_masks([self.e.value(f"freeze {self.vector('i1')} {self.wide(condition, 'i1', g)}") for g in self.groups()])

    def as_masks(self, conditions: list[str]) -> list[str]:
        """Vectors of i1 as masks."""
        if self.mask_type == "i1":
            return conditions
        return [self.e.value(f"sext {self.vector('i1')} {c} to {self.vector(self.mask_type)}") for c in conditions]

    def holds(self, mask: str) -> str:
        """One vector of a mask as i1."""
        return mask if self.mask_type == "i1" else self.e.value(f"icmp slt {self.vector(self.mask_type)} {mask}, zeroinitializer")

    def either(self, masks: list[Mask]) -> Mask:
        """Lanes of any of the masks."""
        if any(m is self.full for m in masks):
            return self.full
        if len(masks) == 1:
            return masks[0]
        vectors = masks[0].vectors
        for mask in masks[1:]:
            vectors = [self.e.value(f"or {self.vector(self.mask_type)} {a}, {b}") for a, b in zip(vectors, mask.vectors, strict=True)]
        return Mask(vectors)

    def inverted(self, condition: list[str]) -> list[str]:
        """Where a condition does not hold."""
        return [self.e.value(f"xor {self.vector(self.mask_type)} {c}, splat ({self.mask_type} -1)") for c in condition]

    def any_of(self, vectors: list[str]) -> str:
        """Whether any lane is in there (an i1)."""
        e, kind, word = self.e, self.vector("i1"), f"i{self.shape.width}"
        joined = vectors[0]
        if self.mask_type != "i1":
            for vector in vectors[1:]:
                joined = e.value(f"or {self.vector(self.mask_type)} {joined}, {vector}")
            return e.value(f"icmp ne {word} {e.value(f'bitcast {kind} {self.holds(joined)} to {word}')}, 0")
        for vector in vectors:  # mask registers are joined by the units that do the arithmetic: have it done elsewhere
            one = e.value(f"zext {word} {e.value(f'bitcast {kind} {vector} to {word}')} to i32")
            moved = e.value(f'call i32 asm "", "=r,0"(i32 {one})')
            joined = moved if vector is vectors[0] else e.value(f"or i32 {joined}, {moved}")
        return e.value(f"icmp ne i32 {joined}, 0")


def _joining(o: Operation) -> tuple[str, str, str] | None:
    """The operation that joins two conditions, and these; None for others."""
    if o.type == "i1" and o.op in ("and", "or", "xor"):
        return o.op, o.operands[0], o.operands[1]
    if o.type == "i1" and o.op == "select" and o.operands[1] == "true":
        return "or", o.operands[0], o.operands[2]
    if o.type == "i1" and o.op == "select" and o.operands[2] == "false":
        return "and", o.operands[0], o.operands[1]
    return None
