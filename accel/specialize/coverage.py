"""Which results in a strip need no test of their own, because a later one tells.

Infinity and NaN pass through `+`, `-`, `*` and the upper side of `/`: when such an operation on a value is tested at the end, the
value need not be. A sum carried from turn to turn is tested once, behind the strip, and so is what is stored: there all turns are in one
place, the buffer, and are tested as vectors.
"""

from __future__ import annotations

from accel.ir import Instruction, TypedFunction
from accel.types.kinds import Array, Scalar

__all__ = ["find_covered", "tells"]


def find_covered(typed: TypedFunction) -> None:
    """Fill `typed.covered`, `typed.carried` (by loop node: carried names to be tested behind each strip) and `typed.tested` (by loop node:
    buffers of stores whose numbers are tested there)."""
    for block in typed.flow.blocks.values():
        if block.instructions[0].op == "strip_item" and block.name in typed.entry_states:
            _cover(typed, block.instructions)


def _cover(typed: TypedFunction, body: list[Instruction]) -> None:
    last: dict[str, Instruction | str] = {}  # name -> what made its value, or the name itself: carried from the turn before
    uses: list[tuple[Instruction | str, Instruction]] = []
    stored: dict[int, str] = {}
    for instruction in body:
        makers = [last.get(n, n) for n in instruction.arguments]
        if tells(typed, instruction):
            through = makers[:1] if instruction.detail == "/" else makers
            uses += [(maker, instruction) for maker in through]
        if instruction.op == "strip_put" and isinstance(made := makers[1], Instruction) and tells(typed, made):
            base, value, _ = typed.argument_kinds[id(instruction)]
            if isinstance(base, Array) and isinstance(value, Scalar) and value.char == base.char:
                typed.covered.add(id(made))
                stored[instruction.detail] = base.char
        for target in instruction.targets:
            last[target] = makers[0] if instruction.op == "copy" else instruction
    carried = set()
    for maker, user in uses:
        source = last.get(maker) if isinstance(maker, str) else maker
        if isinstance(source, Instruction) and tells(typed, source):
            if isinstance(maker, str):
                carried.add(maker)
            elif source is user:
                continue
            typed.covered.add(id(source))
    typed.carried[body[0].node] = tuple(sorted(carried))
    typed.tested[body[0].node] = tuple(sorted(stored.items()))


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
