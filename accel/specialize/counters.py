"""Ints that start at a known number and only go up or down by small steps: they never leave 64 bits, as no loop runs for so long.

`n = 0` and `n += 1` a billion times a second takes 292 years to get there.
"""

from __future__ import annotations

from accel.ir import Instruction, TypedFunction
from accel.types.kinds import Int

__all__ = ["find_counters"]

_START, _STEP = 1 << 62, 4


def find_counters(typed: TypedFunction) -> set[int]:
    """Ids of the additions and subtractions of such steps."""
    definitions: dict[str, list[Instruction]] = {}
    for i in typed.flow.instructions():
        for target in i.targets:
            definitions.setdefault(target, []).append(i)
    found: set[int] = set()
    for name in definitions:
        if not name.startswith("%") and name not in typed.flow.parameters:
            steps = _Counter(typed, definitions, name).steps()
            if steps is not None:
                found |= steps
    return found


class _Counter:
    """Looks at the definitions of one name."""

    def __init__(self, typed: TypedFunction, definitions: dict[str, list[Instruction]], name: str) -> None:
        self.typed, self.definitions, self.name = typed, definitions, name
        self.found: set[int] = set()
        self._seen: set[str] = set()

    def steps(self) -> set[int] | None:
        """Ids of the steps, None if the name is anything but a counter."""
        return self.found if self._counts(self.name) else None

    def _counts(self, name: str) -> bool:
        if name in self._seen:
            return True
        self._seen.add(name)
        return name in self.definitions and all(self._is_one(i, name) for i in self.definitions[name])

    def _is_one(self, i: Instruction, name: str) -> bool:
        """Whether a definition gives a known number, the name as it is, or a step from it."""
        if self._constant(i) is not None:
            return True
        match i.op:
            case "copy" | "strip_keep":
                return self._counts(i.arguments[0])
            case "select":
                return all(map(self._counts, i.arguments[1:]))
            case "unpack":
                return self._is_item(i, i.targets.index(name))
            case "binary" | "inplace" if i.detail in ("+", "-") and self._is_step(i):
                self.found.add(id(i))
                return True
        return False

    def _is_step(self, i: Instruction) -> bool:
        kinds = self.typed.argument_kinds.get(id(i))
        steps = [self._constant(j) for j in self.definitions.get(i.arguments[1], ())]
        small = bool(steps) and all(step is not None and abs(step) <= _STEP for step in steps)
        return kinds == (Int(), Int()) and small and i.arguments[0] == self.name

    def _is_item(self, i: Instruction, position: int) -> bool:
        made = self.definitions.get(i.arguments[0], ())
        return bool(made) and all(
            j.op == "tuple" and not j.detail and self._counts(j.arguments[position]) for j in made
        )  # none starred

    def _constant(self, i: Instruction) -> int | None:
        value = self.typed.constants.get(id(i))
        return value if type(value) is int and abs(value) < _START else None
