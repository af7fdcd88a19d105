"""Between which numbers integers stay, in a function of lanes, if those it is given are small.

An integer is read with its sign; what does not fit its bits may be any number of them. What goes round a loop is taken for what it begins with, then for what it was
found to become; what has not settled after a few rounds may be any number. No condition counts: so what is found holds in lanes that are not active, too, whose values come by
the same operations (what they are given where ways meet may be rubbish: nobody looks at it).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from accel.lower.regions import Regions
from accel.lower.ssa import Operation

__all__ = ["SMALL", "Range", "Ranges", "find_ranges", "full_range", "is_within"]

Range = tuple[int, int]
SMALL: Range = (-(2**31), 2**31 - 1)  # of what the function is given
_ROUNDS = 3  # after which what goes round may be any number
_INTEGER = re.compile(r"i(\d+)$")
_OVERFLOWING = re.compile(r"llvm\.s(add|sub|mul)\.with\.overflow\.i\d+$")


def full_range(type_: str) -> Range:
    """All numbers of a type."""
    bits = int(type_[1:])
    return -(1 << bits - 1), (1 << bits - 1) - 1


def is_within(inner: Range, outer: Range) -> bool:
    """Whether all numbers of one range are in another."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


class Ranges:
    """What is known of the integers of a function, by name."""

    def __init__(self, known: dict[str, Range]) -> None:
        self.known = known

    def of(self, operand: str, type_: str) -> Range:
        """The range of an operand."""
        if operand in self.known:
            return self.known[operand]
        if operand in ("true", "false"):
            return (-1, -1) if operand == "true" else (0, 0)
        return (int(operand), int(operand)) if operand.lstrip("-").isdigit() else full_range(type_)

    def of_overflowing(self, o: Operation) -> Range | None:
        """The range of a sum, difference or product that tells of an overflow, when there can be none."""
        found = _OVERFLOWING.match(o.detail)
        made = _ARITHMETIC[found[1]](*(self.of(v, t) for v, t in zip(o.operands, o.types, strict=True))) if found else None
        return made if made is not None and is_within(made, full_range(o.types[0])) else None


def find_ranges(regions: Regions, *, is_limited: bool) -> Ranges:
    """The ranges of all integers; with i64 parameters in `SMALL`, if that `is_limited`."""
    function = regions.function
    ranges = Ranges({name: SMALL if is_limited and type_ == "i64" else full_range(type_) for type_, name in function.parameters if _INTEGER.match(type_)})
    headers = {loop.header: loop.blocks for loop in regions.loops.values()}
    defined = {o.name: o for name in regions.order for o in function.blocks[name].operations if o.name}
    turn, before = 0, dict[str, Range]()
    while before != ranges.known or not turn:
        before = dict(ranges.known)
        for name in regions.order:
            for o in function.blocks[name].operations:
                if o.op == "phi" and _INTEGER.match(o.type):
                    inside = headers.get(name, set()) if not turn else set()
                    ways = [ranges.of(v, o.type) for v, p in zip(o.operands, o.labels, strict=True) if p in regions.dominators and p not in inside]
                    made = _union(*ways)
                    ranges.known[o.name] = full_range(o.type) if name in headers and turn >= _ROUNDS and made != before[o.name] else made
                elif o.name:
                    _find(ranges, o, defined)
        turn += 1
    return ranges


def _find(ranges: Ranges, o: Operation, defined: dict[str, Operation]) -> None:
    """Note the range of a result."""
    if o.op == "extractvalue":
        pair = defined.get(o.operands[0])
        made = ranges.of_overflowing(pair) if pair is not None and pair.op == "call" and o.detail == "0" else None
        ranges.known.pop(o.name, None)
        if made is not None:
            ranges.known[o.name] = made
    elif _INTEGER.match(o.type):
        made, full = _rest_range(o, defined) or _range_of(ranges, o), full_range(o.type)
        ranges.known[o.name] = made if made is not None and is_within(made, full) else full


def _rest_range(o: Operation, defined: dict[str, Operation]) -> Range | None:
    """The range of `x - x // d * d` for a constant d, which LLVM writes as a sum."""
    for x, other in (o.operands, o.operands[::-1]) if o.op == "add" else ():
        product = defined.get(other)
        if product is None or product.op != "mul":
            continue
        quotient, factor = defined.get(product.operands[0]), product.operands[1]
        if quotient is not None and quotient.detail == "floored.quotient" and [x, factor] == [quotient.operands[0], f"-{quotient.operands[1]}"]:
            return 0, int(quotient.operands[1]) - 1
    return None


def _range_of(ranges: Ranges, o: Operation) -> Range | None:
    """The range of an exact result; None when nothing is known."""
    given = [ranges.of(v, t) if _INTEGER.match(t) else (0, 0) for v, t in zip(o.operands, o.types, strict=True)]
    name = o.op if o.op != "call" else o.detail.removeprefix("llvm.").split(".i")[0]
    if name == "select":
        return _union(*given[1:])
    if name == "zext" and given[0][0] < 0:
        return 0, (1 << int(o.types[0][1:])) - 1
    return _ARITHMETIC[name](*given[:2]) if name in _ARITHMETIC else None


def _union(*ranges: Range) -> Range:
    return min(r[0] for r in ranges), max(r[1] for r in ranges)


def _corners(compute: Callable[[int, int], int]) -> Callable[[Range, Range], Range]:
    """Of what is monotonic in both operands."""

    def find(a: Range, b: Range) -> Range:
        made = [compute(x, y) for x in a for y in b]
        return min(made), max(made)

    return find


def _shifted(compute: Callable[[int, int], int]) -> Callable[[Range, Range], Range | None]:
    return lambda a, b: _corners(compute)(a, b) if b[0] >= 0 and b[1] < 64 else None


def _divided(compute: Callable[[int, int], int]) -> Callable[[Range, Range], Range | None]:
    return lambda a, b: _corners(compute)(a, b) if b[0] > 0 else None


def _and(a: Range, b: Range) -> Range | None:
    tops = [top for low, top in (a, b) if low >= 0]
    return (0, min(tops)) if tops else None


def _or(a: Range, b: Range) -> Range | None:
    return (0, (1 << max(a[1], b[1]).bit_length()) - 1) if min(a[0], b[0]) >= 0 else None


_ARITHMETIC: dict[str, Callable[..., Range | None]] = {
    "add": _corners(lambda x, y: x + y),
    "sub": _corners(lambda x, y: x - y),
    "mul": _corners(lambda x, y: x * y),
    "shl": _shifted(lambda x, y: x << y),
    "ashr": _shifted(lambda x, y: x >> y),
    "lshr": lambda a, b: _ARITHMETIC["ashr"](a, b) if a[0] >= 0 else None,
    "and": _and,
    "or": _or,
    "xor": _or,
    "sext": lambda a: a,
    "zext": lambda a: a,
    "trunc": lambda a: a,
    "freeze": lambda a: a,
    "smax": _corners(max),
    "smin": _corners(min),
    "abs": lambda a, _: (0, max(-a[0], a[1])),
    "floored.quotient": _divided(lambda x, y: x // y),
    "floored.rest": lambda a, b: (0, b[1] - 1) if b[0] > 0 else None,
}
