"""Whether results that NumPy would warn about are bounded, so that none of them can be infinite or NaN, if the numbers a function is given are not large.

What is known of a number is how large its magnitude is at most, and whether it can be negative. A condition that holds on the way to a block tells more
there: in `while x * x + y * y <= 4.0` both squares are at most 4, as neither is negative, and so x and y are at most 2. What goes round a loop is taken
for what it begins with, then for what it was found to become, until that does not change.

Rounding does no harm: it is monotonic, and bounds are rounded up.
"""

from __future__ import annotations

import math

from accel.lower.regions import Regions
from accel.lower.ssa import Operation

__all__ = ["LIMITS", "are_bounded"]

LIMITS = {"double": 2.0**256, "float": 2.0**32}  # of what the function is given: products of four such numbers are far from infinity
_GREATEST = {"double": 2.0**1022, "float": 2.0**126}
_ROUNDS = 8
_UP = 1.0 + 2.0**-20  # more than any rounding, of float32 too
_AT_MOST = {(True, "olt"): 1, (True, "ole"): 1, (False, "ugt"): 1, (False, "uge"): 1, (True, "ogt"): -1, (True, "oge"): -1, (False, "ult"): -1, (False, "ule"): -1}
_INFINITE = math.inf  # nothing is known: the number may be NaN, too
Facts = dict[str, float]


def are_bounded(regions: Regions) -> bool:
    """Whether all results that are noted (`lane.note.*`) are, for parameters within `LIMITS`."""
    return _Bounds(regions).hold()


class _Bounds:
    def __init__(self, regions: Regions) -> None:
        self.regions, blocks = regions, regions.function.blocks
        self.defined = {o.name: o for name in regions.order for o in blocks[name].operations if o.name}
        self.blocks = {o.name: name for name in regions.order for o in blocks[name].operations if o.name}
        self.headers = {loop.header: loop for loop in regions.loops.values()}
        self.known: Facts = {name: LIMITS.get(type_, _INFINITE) for type_, name in regions.function.parameters}
        self.facts: dict[str, Facts] = {}

    def hold(self) -> bool:
        """Whether the noted results are bounded."""
        before: Facts = {}
        for turn in range(_ROUNDS):
            before = dict(self.known)
            for name in self.regions.order:
                self.facts[name] = self._facts_of(name)
                for operation in self.regions.function.blocks[name].operations:
                    if operation.name:
                        self.known[operation.name] = self._size_of(operation, name, is_first=turn == 0)
            if self.known == before:
                break
        else:
            return False
        noted = [(o.operands[0], name) for name in self.regions.order for o in self.regions.function.blocks[name].operations if o.detail.startswith("lane.note.")]
        return all(self.size(value, block) < _INFINITE for value, block in noted)

    def size(self, operand: str, block: str) -> float:
        """How large a number is at most, in a block."""
        return self._size(self.facts[block], operand)

    def _size(self, facts: Facts, operand: str) -> float:
        if operand.startswith("%"):
            return min(self.known.get(operand, _INFINITE), facts.get(operand, _INFINITE))
        return _constant(operand)

    def _size_of(self, o: Operation, block: str, *, is_first: bool) -> float:
        """How large a result is at most."""
        if o.type not in LIMITS:
            return _INFINITE
        if o.op == "phi":
            loop = self.headers.get(block)
            pairs = [(v, p) for v, p in zip(o.operands, o.labels, strict=True) if p in self.regions.dominators]
            if loop is not None and is_first:
                pairs = [(v, p) for v, p in pairs if p not in loop.blocks]
            return max(self.size(v, p) for v, p in pairs)
        sizes = [self.size(operand, block) for operand in o.operands]
        made = _combine(o, sizes)
        return made * _UP if made * _UP < _GREATEST[o.type] else _INFINITE

    def _is_natural(self, operand: str) -> bool:
        """Whether a number can't be less than 0 (it may be NaN)."""
        if not operand.startswith("%"):
            return _constant(operand, signed=True) >= 0.0
        o = self.defined.get(operand)
        if o is None:
            return False
        if o.op == "fadd" or (o.op == "fmul" and o.operands[0] != o.operands[1]):
            return all(map(self._is_natural, o.operands))
        return o.op in ("fmul", "uitofp") or (o.op == "call" and o.detail.startswith("llvm.fabs."))

    # -- what conditions tell

    def _facts_of(self, name: str) -> Facts:
        """What is known in a block beyond what is known where it all comes from."""
        sources = self.regions.before[name]
        if not sources:
            return {}
        if len(sources) != 1 or name in self.headers:
            return self.facts[self.regions.immediate(name)]
        last = self.regions.function.blocks[sources[0]].operations[-1]
        facts = dict(self.facts[sources[0]])
        if len(set(last.labels)) == 2:
            self._learn(facts, last.operands[0], name == last.labels[0])
        return facts

    def _learn(self, facts: Facts, condition: str, holds: bool) -> None:
        o = self.defined.get(condition)
        if o is None:
            return
        if (o.op == "and" and holds) or (o.op == "or" and not holds):
            for operand in o.operands:
                self._learn(facts, operand, holds)
        elif o.op == "xor" and o.operands[1] == "true":
            self._learn(facts, o.operands[0], not holds)
        elif o.op == "select" and o.operands[2 if holds else 1] == ("false" if holds else "true"):
            self._learn(facts, o.operands[0], holds)
            self._learn(facts, o.operands[1 if holds else 2], holds)
        elif o.op == "fcmp" and (way := self._relation(facts, o, holds)):
            small, large = o.operands[::way]
            if not large.startswith("%"):
                self._limit(facts, small, max(_constant(large, signed=True), 0.0))

    def _relation(self, facts: Facts, o: Operation, holds: bool) -> int:
        """1 if the first operand is at most the second, and neither NaN; -1 for the other way round; else 0."""
        relation = o.flags.split()[-1]
        way = _AT_MOST.get((holds, relation), 0)
        if not way and all(self._size(facts, operand) < _INFINITE for operand in o.operands):  # bounded, so no NaN
            way = _AT_MOST.get((holds, ("u" if relation[0] == "o" else "o") + relation[1:]), 0)
        return way

    def _limit(self, facts: Facts, operand: str, most: float) -> None:
        """A number is no NaN, and at most this; so are those it is made of, if they can only add to it."""
        o = self.defined.get(operand)
        if not self._is_natural(operand):
            return
        facts[operand] = min(most, facts.get(operand, _INFINITE))
        if o is None:
            return
        if o.op == "fadd":
            for part in o.operands:
                self._limit(facts, part, most)
        elif o.op == "fmul" and o.operands[0] == o.operands[1]:
            self._limit_size(facts, o.operands[0], math.sqrt(most) * _UP)
        elif o.op == "call" and o.detail.startswith("llvm.fabs."):
            self._limit_size(facts, o.operands[0], most)

    def _limit_size(self, facts: Facts, operand: str, most: float) -> None:
        """The same of a magnitude."""
        if operand.startswith("%"):
            facts[operand] = min(most, facts.get(operand, _INFINITE))


def _constant(text: str, *, signed: bool = False) -> float:
    """A constant as LLVM writes it; a bound of it, if it is not `signed`: infinite for what is none."""
    import struct

    try:
        value = struct.unpack(">d", bytes.fromhex(text[2:].rjust(16, "0")))[0] if text.startswith("0x") and text[2] not in "HKLM" else float(text)
    except ValueError:
        value = math.nan
    if signed:
        return float(value)
    return abs(value) if math.isfinite(value) else _INFINITE


def _combine(o: Operation, sizes: list[float]) -> float:
    """A bound for the exact result of an operation, from bounds of its operands."""
    if o.op in ("fadd", "fsub"):
        return sum(sizes)
    if o.op == "fmul":
        return sizes[0] * sizes[1] if _INFINITE not in sizes else _INFINITE
    if o.op == "fdiv" and not o.operands[1].startswith("%") and 0.0 < sizes[1] < _INFINITE:
        return sizes[0] / sizes[1]
    if o.op in ("fneg", "freeze", "fpext", "fptrunc"):
        return sizes[0]
    if o.op == "select":
        return max(sizes[1:])
    if o.op in ("sitofp", "uitofp"):
        return 2.0**64
    if o.op == "call" and o.detail.startswith(("llvm.fabs.", "llvm.copysign.")):
        return sizes[0]
    return _INFINITE
