"""Which results in a strip need no test of their own, because a later one tells.

Infinity and NaN pass through `+`, `-`, `*` and the upper side of `/`: when such an operation on a value is tested at the end, the
value need not be. A sum carried from turn to turn is tested once, behind the strip.
"""

from __future__ import annotations

from accel.ir import Instruction, TypedFunction
from accel.types.kinds import Scalar

__all__ = ["find_covered", "tells"]


def find_covered(typed: TypedFunction) -> tuple[set[int], dict[int, tuple[str, ...]]]:
    """Ids of the instructions that need no test, and by loop node the carried names to be tested behind each strip."""
    covered: set[int] = set()
    carried: dict[int, tuple[str, ...]] = {}
    for block in typed.flow.blocks.values():
        if block.instructions[0].op == "strip_item" and block.name in typed.entry_states:
            found, names = _cover(typed, block.instructions)
            covered |= found
            carried[block.instructions[0].node] = names
    return covered, carried


def _cover(typed: TypedFunction, body: list[Instruction]) -> tuple[set[int], tuple[str, ...]]:
    last: dict[str, Instruction | str] = {}  # name -> what made its value, or the name itself: carried from the turn before
    uses: list[tuple[Instruction | str, Instruction]] = []
    for instruction in body:
        makers = [last.get(n, n) for n in instruction.arguments]
        if tells(typed, instruction):
            through = makers[:1] if instruction.detail == "/" else makers
            uses += [(maker, instruction) for maker in through]
        for target in instruction.targets:
            last[target] = makers[0] if instruction.op == "copy" else instruction
    covered, carried = set(), set()
    for maker, user in uses:
        made = last.get(maker) if isinstance(maker, str) else maker
        if isinstance(made, Instruction) and tells(typed, made):
            if isinstance(maker, str):
                carried.add(maker)
            elif made is user:
                continue
            covered.add(id(made))
    return covered, tuple(sorted(carried))


def tells(typed: TypedFunction, i: Instruction) -> bool:
    """Whether an operation gives a NumPy float that is not finite when an operand is not."""
    kinds = typed.target_kinds.get(id(i), ())
    return (
        i.op in ("binary", "inplace")
        and i.detail in "+-*/"
        and len(kinds) == 1
        and isinstance(kinds[0], Scalar)
        and kinds[0].char in "fd"
    )
