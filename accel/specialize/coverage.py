"""Which results in a strip need no test of their own, because a later one tells.

Infinity and NaN pass through `+`, `-`, `*` and the upper side of `/`: when such an operation on a value is tested at the end, the
value need not be. A sum carried from turn to turn is tested once, behind the strip, and so is what is stored: there all turns are in one
place, the buffer, and are tested as vectors. Sums of integers are tested by their steps, in any order.
"""

from __future__ import annotations

from accel.ir import SUM_STEPS, Instruction, TypedFunction
from accel.types.kinds import Array, Bool, Int, Kind, Scalar, members_of

__all__ = ["find_covered", "find_tellings", "tells"]

Maker = Instruction | str  # what made a value; a name for the value it had before


def find_covered(typed: TypedFunction) -> None:
    """Fill `typed.covered`, `typed.carried` (by loop node: carried names to be tested behind each strip), `typed.tested` (by loop node:
    buffers of stores whose numbers are tested there), `typed.summed` (steps of sums) and `typed.bounded` (by loop node: those sums)."""
    for block in typed.flow.blocks.values():
        if block.instructions[0].op == "strip_item" and block.name in typed.entry_states:
            _cover(typed, block.instructions)


def _cover(typed: TypedFunction, body: list[Instruction]) -> None:
    uses, last, makers = find_tellings(typed, body)
    carried, stored = set(), dict[int, str]()
    for name, final in last.items():
        steps = _find_steps(typed, name, final, makers)
        if steps:
            carried.add(name)
            typed.covered |= steps
    bounded = dict[str, set[int]]()
    for name, final in last.items():
        sums = set[int]()
        if _is_sum(typed, name, final, makers, sums) and 0 < len(sums) <= SUM_STEPS:
            bounded[name] = sums
    typed.summed.update(*bounded.values())
    typed.bounded[body[0].node] = tuple(sorted(bounded))
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
) -> tuple[list[tuple[Maker, Instruction]], dict[str, Maker], dict[int, list[Maker]]]:
    """Pairs of what made a value and what tells about it, or stores it; what made the value each name has at the end; and what made the
    operands of each instruction. A name whose value is from before the instructions stands for itself."""
    last: dict[str, Maker] = {}
    uses: list[tuple[Maker, Instruction]] = []
    made_of: dict[int, list[Maker]] = {}
    for i in body:
        makers = made_of[id(i)] = [last.get(n, n) for n in i.arguments]
        if tells(typed, i):
            uses += [(m, i) for m in _told(i, makers) if i.when is None or (isinstance(m, Instruction) and m.when == i.when)]
        elif i.op == "strip_put":
            uses.append((makers[1], i))
        for target in i.targets:
            last[target] = makers[0] if i.op == "copy" else i
    return uses, last, made_of


def _told(i: Instruction, makers: list[Maker]) -> list[Maker]:
    return makers[:1] if i.detail == "/" else makers


def _find_steps(typed: TypedFunction, name: str, made: Maker, makers: dict[int, list[Maker]]) -> set[int]:
    """Ids of the operations one of which gives a name its next value in some turns, while it stays as it is in the others, if each tells
    about its last one: a name that is once not finite is so at the end. Each is chosen whenever it is done."""
    steps = set[int]()
    while isinstance(made, Instruction) and made.op == "select":
        _, one, other = makers[id(made)]
        if not isinstance(one, Instruction) or one.when != (made.arguments[0], True) or not _leads_to(typed, one, name, makers):
            return set()
        steps.add(id(one))
        made = other
    return steps if made == name else set()


def _is_sum(typed: TypedFunction, name: str, made: Maker, makers: dict[int, list[Maker]], found: set[int]) -> bool:
    """Whether a value is what a name was before the turn, or that and small steps of 64 bits up and down, whose ids go to `found`. When
    all steps are small and the last value is far from the ends of 64 bits, so were all between."""
    if not isinstance(made, Instruction):
        return made == name
    operands = makers[id(made)]
    if made.op == "select":
        return all(_is_sum(typed, name, one, makers, found) for one in operands[1:])
    wide = typed.target_kinds.get(id(made)) in ((Int(),), (Scalar("l"),))
    kinds = typed.argument_kinds.get(id(made), ())
    if made.op not in ("binary", "inplace") or made.detail not in ("+", "-") or not wide or not all(map(_is_step, kinds)):
        return False
    found.add(id(made))
    return _is_sum(typed, name, operands[0], makers, found)


def _is_step(kind: Kind) -> bool:
    return all(isinstance(m, (Int, Bool)) or (isinstance(m, Scalar) and m.char in "bhilqBHI") for m in members_of(kind))


def _leads_to(typed: TypedFunction, i: Instruction, name: str, makers: dict[int, list[Maker]]) -> bool:
    """Whether an operation tells about the value a name had before the turn."""
    return tells(typed, i) and any(
        m == name or (isinstance(m, Instruction) and m.when in (None, i.when) and _leads_to(typed, m, name, makers))
        for m in _told(i, makers[id(i)])
    )


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
