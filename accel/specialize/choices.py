"""Small branches of integer arithmetic are computed on both sides, and the value chosen: no jump to be predicted.

Before::

    branch %t -> then, else
    then: %a = binary[//] k, 2;  k = copy %a
    else: %b = binary[*] 3, k;   k = copy %b

After::

    %a = binary[//] k, 2    when %t
    %b = binary[*] 3, k     when not %t
    k = select %t, %a, %b

An operation that fails leaves at the branch, as nothing has been done since: CPython chooses the side.
"""

from __future__ import annotations

from accel.ir import Block, Flow, Instruction, TypedFunction
from accel.specialize.put_off import can_put_off
from accel.types.kinds import Bool, Float, Int
from accel.values import replace

__all__ = ["choose_values"]

_MOST = 4  # operations of a side
_QUIET = ("const", "copy", "static", "bound")
_BITS = ("&", "|", "^", "<<", ">>")


def choose_values(typed: TypedFunction) -> Flow | None:
    """A flow with such branches replaced, None if there are none."""
    blocks = dict(typed.flow.blocks)
    found = False
    for name in list(blocks):
        made = _Choice(typed, blocks, blocks[name]).made() if name in blocks and name in typed.entry_states else None
        if made is not None:
            found = True
            blocks[name] = made
    if not found:
        return None
    used = {"entry", *(s for block in blocks.values() for s in block.successors)}
    return Flow(typed.flow.name, typed.flow.parameters, {n: b for n, b in blocks.items() if n in used})


class _Choice:
    """One block that ends in a branch."""

    def __init__(self, typed: TypedFunction, blocks: dict[str, Block], block: Block) -> None:
        self.typed, self.blocks, self.block = typed, blocks, block

    def made(self) -> Block | None:
        """The block with both sides computed in it, if they are that simple."""
        last = self.block.instructions[-1]
        if last.op != "branch" or last.arguments[0] not in self._targets():
            return None
        then, otherwise = self.block.successors
        sides = [self._side(name) for name in (then, otherwise)]
        after = {block.successors[0] for block in sides if block is not None}
        if not after or len(after) > 1:
            return None
        joint = after.pop()
        if any(side is None and name != joint for side, name in zip(sides, (then, otherwise), strict=True)):
            return None
        return self._join(last, [side.instructions[:-1] if side else [] for side in sides], joint)

    def _targets(self) -> set[str]:
        """What the block computes, constants left out."""
        return {t for i in self.block.instructions if id(i) not in self.typed.constants for t in i.targets}

    def _side(self, name: str) -> Block | None:
        block = self.blocks[name]
        only = sum(name in other.successors for other in self.blocks.values()) == 1
        if not only or block.instructions[-1].op != "jump" or name not in self.typed.entry_states:
            return None
        work = [i for i in block.instructions[:-1] if i.op not in _QUIET]
        return block if len(work) <= _MOST and all(map(self._is_simple, block.instructions[:-1])) else None

    def _is_simple(self, i: Instruction) -> bool:
        kinds = (*self.typed.argument_kinds.get(id(i), ()), *self.typed.target_kinds.get(id(i), ()))
        if i.op in _QUIET:
            return can_put_off(self.typed, i)
        if i.op not in ("binary", "inplace", "unary") or not kinds or not all(isinstance(k, (Int, Bool, Float)) for k in kinds):
            return False
        if isinstance(kinds[-1], Int) and i.op != "unary":
            return i.detail in "+-*" or i.detail in _BITS or (i.detail in ("//", "%") and self._is_safe_divisor(i))
        return can_put_off(self.typed, i) and i.detail != "/"

    def _is_safe_divisor(self, i: Instruction) -> bool:
        made = [j for j in self.typed.flow.instructions() if i.arguments[1] in j.targets]
        values = {self.typed.constants.get(id(j)) for j in made}
        return all(type(v) is int and 0 < v < 1 << 31 for v in values)

    def _join(self, last: Instruction, sides: list[list[Instruction]], joint: str) -> Block | None:
        flag = last.arguments[0]
        made, results = self.block.instructions[:-1], list[dict[str, str]]()
        for truth, side in zip((True, False), sides, strict=True):
            given: dict[str, str] = {}
            for i in side:
                if i.op == "copy":
                    given[i.targets[0]] = given.get(i.arguments[0], i.arguments[0])
                elif given and i.op != "bound":
                    return None  # should it leave, CPython would need the names bound before
                elif i.op != "bound" or i.arguments[0] not in given:
                    made.append(replace(i, when=(flag, truth)))
            results.append(given)
        for name in dict.fromkeys([*results[0], *results[1]]):
            values = tuple(given.get(name, name) for given in results)
            if not self._are_alike(values, name):
                return None
            made.append(Instruction("select", (name,), (flag, *values), None, last.node, last.phase))
        made.append(Instruction("jump", (), (), None, last.node, last.phase))
        return Block(self.block.name, made, (joint,))

    def _are_alike(self, values: tuple[str, ...], name: str) -> bool:
        """Whether the two values are bound and of one simple kind."""
        found = set()
        for successor, value in zip(self.block.successors, values, strict=True):
            passed = self.blocks[successor].instructions if value != name else []
            state = self.typed.state_after(self.typed.entry_states.get(successor, {}), passed)
            kind, maybe = state.get(value, (None, True))
            if maybe or not isinstance(kind, (Int, Bool, Float)):
                return False
            found.add(kind)
        return len(found) == 1
