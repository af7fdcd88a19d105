"""Which results in a strip need no test of their own, because a later one tells.

Infinity and NaN pass through `+`, `-`, `*` and the upper side of `/`: when such an operation on a value is tested at the end, the
value need not be. A sum carried from turn to turn is tested once, behind the strip, and so is what is stored: there all turns are in one
place, the buffer, and are tested as vectors.
"""

from __future__ import annotations

from accel.ir import Instruction, TypedFunction
from accel.types.kinds import Array, Scalar

__all__ = ["find_covered", "find_tellings", "tells"]


def find_covered(typed: TypedFunction) -> None:
    """Fill `typed.covered`, `typed.carried` (by loop node: carried names to be tested behind each strip) and `typed.tested` (by loop node:
    buffers of stores whose numbers are tested there)."""
    for block in typed.flow.blocks.values():
        if block.instructions[0].op == "strip_item" and block.name in typed.entry_states:
            _cover(typed, block.instructions)


def _cover(typed: TypedFunction, body: list[Instruction]) -> None:
    uses, last = find_tellings(typed, body)
    carried, stored = set(), dict[int, str]()
    for maker, user in uses:
        made = last.get(maker) if isinstance(maker, str) else maker
        if not isinstance(made, Instruction) or not tells(typed, made):
            continue
        if user.op == "strip_put":
            base, value, _ = typed.argument_kinds[id(user)]
            if made is not maker or not isinstance(base, Array) or not isinstance(value, Scalar) or value.char != base.char:
                continue
            stored[user.detail] = base.char
        elif isinstance(maker, str):
            carried.add(maker)
        elif made is user:
            continue
        typed.covered.add(id(made))
    typed.carried[body[0].node] = tuple(sorted(carried))
    typed.tested[body[0].node] = tuple(sorted(stored.items()))


def find_tellings(
    typed: TypedFunction, body: list[Instruction]
) -> tuple[list[tuple[Instruction | str, Instruction]], dict[str, Instruction | str]]:
    """Pairs of what made a value and what tells about it, or stores it; and what made the value each name has at the end. A name whose
    value is from before the instructions stands for itself."""
    last: dict[str, Instruction | str] = {}
    uses: list[tuple[Instruction | str, Instruction]] = []
    for i in body:
        makers = [last.get(n, n) for n in i.arguments]
        if tells(typed, i):
            uses += [(maker, i) for maker in (makers[:1] if i.detail == "/" else makers)]
        elif i.op == "strip_put":
            uses.append((makers[1], i))
        for target in i.targets:
            last[target] = makers[0] if i.op == "copy" else i
    return uses, last


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
