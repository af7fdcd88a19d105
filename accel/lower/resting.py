"""Which numbers of a loop are set to 0 in lanes that have left it, so that they do not grow until they overflow.

A lane that has left goes on computing, and the flags it raises look as if something was wrong. Numbers that are computed from the same
numbers one turn before may grow; where they are 0 instead, others often stop to grow, too, as they are products with them.
"""

from __future__ import annotations

from accel.lower.regions import Loop, Regions
from accel.lower.ssa import Operation

__all__ = ["find_resting"]

_FLOATS = ("double", "float")


def find_resting(regions: Regions, loop: Loop) -> set[str]:
    """Names of the phis at the head of a loop that are to rest: as few as are enough.

    Example: of `a, b = a * a - b * b + c, 2.0 * a * b + d` only `a`; then `b` is `d`.
    """
    operations = [o for name in loop.blocks for o in regions.function.blocks[name].operations if o.name]
    phis = [o for o in regions.function.blocks[loop.header].operations if o.op == "phi" and o.type in _FLOATS and regions.is_varying([o.name])]
    resting = {phi.name for phi in phis}
    sources = _Sources({o.name: o for o in operations}, loop)
    for phi in reversed(phis):
        fewer = resting - {phi.name}
        if not _has_cycle([p for p in phis if p.name not in fewer], fewer, sources):
            resting = fewer
    return resting


class _Sources:
    """What values of a turn are made of."""

    def __init__(self, defined: dict[str, Operation], loop: Loop) -> None:
        self.defined, self.loop = defined, loop
        self.heads = {o.name for o in defined.values() if o.op == "phi" and loop.latch in o.labels}

    def following(self, phi: Operation) -> str:
        """What a phi at the head is in the next turn."""
        return phi.operands[phi.labels.index(self.loop.latch)]

    def find(self, name: str, resting: set[str], known: dict[str, set[str] | None]) -> set[str] | None:
        """Phis at the head a value depends on; None for what is 0 when those of `resting` are."""
        if name in resting:
            return None
        if name in self.heads or name not in self.defined:
            return {name} if name in self.heads else set()
        if name not in known:
            known[name] = set()  # a loop inside: what it starts with counts
            operation = self.defined[name]
            parts = [self.find(o, resting, known) for o in operation.operands]
            is_zero = any(p is None for p in parts) if operation.op == "fmul" else bool(parts) and all(p is None for p in parts)
            known[name] = None if is_zero else set[str]().union(*(p for p in parts if p))
        return known[name]


def _has_cycle(phis: list[Operation], resting: set[str], sources: _Sources) -> bool:
    """Whether one of these phis depends on itself, over whatever others."""
    known: dict[str, set[str] | None] = {}
    after = {phi.name: (sources.find(sources.following(phi), resting, known) or set()) for phi in phis}
    reached = {name: set(found) for name, found in after.items()}
    for _ in phis:
        for name in reached:
            reached[name] = reached[name].union(*(reached.get(n, set()) for n in reached[name]))
    return any(name in found for name, found in reached.items())
