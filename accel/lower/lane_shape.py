"""How many lanes suit a function on a processor."""

from __future__ import annotations

from accel.lower.regions import Regions
from accel.lower.ssa import Unreadable

__all__ = ["LaneShape", "choose_shape"]

_MOST_OPERATIONS = 600
_MUCH = 16  # operations: the loop over blocks costs little next to them


class LaneShape:
    """How many lanes: `groups` vectors of `width` elements, in registers of so many bits."""

    __slots__ = ("bits", "groups", "width")

    def __init__(self, width: int, groups: int, bits: int) -> None:
        self.width, self.groups, self.bits = width, groups, bits

    @property
    def element_bits(self) -> int:
        """Size of an element that fills a register together with the others."""
        return self.bits // self.width

    @property
    def lanes(self) -> int:
        """All of them."""
        return self.width * self.groups


def choose_shape(regions: Regions, bits: int) -> LaneShape:
    """How many lanes suit a function on a processor with vectors of so many bits.

    A vector is as wide as what is computed; what is merely chosen does not count. Loops have several vectors, to hide latency: as many as
    there are registers for what goes round. Without loops the processor itself does several blocks at the same time.
    """
    operations = [o for name in regions.order for o in regions.function.blocks[name].operations]
    if len(operations) > _MOST_OPERATIONS:
        raise Unreadable(f"{len(operations)} operations")
    computed = [o for o in operations if o.name in regions.varying and o.op not in ("phi", "select", "insertvalue", "extractvalue")]
    kinds = {t for o in computed for t in (*o.types, o.type)}
    width = bits // (64 if any("double" in t or "i64" in t for t in kinds) else 32)
    if not regions.loops:
        return LaneShape(width, 2 if len(computed) < _MUCH else 1, bits)
    headers = {loop.header for loop in regions.loops.values()}
    going_round = [sum(o.op == "phi" and o.name in regions.varying for o in regions.function.blocks[h].operations) + 1 for h in headers]
    registers, most = (32, 6 if width == 16 else 5) if bits == 512 else (16, 4)  # measured, as all of this
    return LaneShape(width, max(2, min(most, (registers - 4) // max(going_round))), bits)
