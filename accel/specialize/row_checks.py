"""Rows of SIMD values in a straight piece of code are looked at once, in front of all of them.

Before::

    body:  %1 = there + wide            # may leave 64 bits
           %2 = load[V] c, there        # may be outside
           %3 = load[V] c, %1           # may be outside

After::

    body:  rows_within c, there, wide   # c has all elements from `there` to `there + wide + 3`; else CPython goes on here
           %1 = there + wide
           %2 = load[V] c, there
           %3 = load[V] c, %1

Compiled code may leave in front of any operation, and CPython then finds the one that fails, having done what stands before it. So one exit is
enough where there were three, each of which would keep all lanes at hand alive. Where one row lies between two others it needs no look at all.
"""

from __future__ import annotations

from accel.ir import Affine, Block, Flow, GatePlan, Instruction, TypedFunction
from accel.specialize.affine import combine, find_outermost_ranges
from accel.specialize.rows import Row, find_prefetched, find_row
from accel.types.kinds import Array, Int, Kind
from accel.values import dataclass, field, replace

__all__ = ["join_row_checks"]

_LEAST = 3  # checks that are worth being joined


def join_row_checks(typed: TypedFunction) -> Flow | None:
    """A flow in which rows are looked at together, None if there are none."""
    blocks = {}
    for name, block in typed.flow.blocks.items():
        instructions = _Straight(typed, block).joined() if name in typed.entry_states else None
        blocks[name] = block if instructions is None else Block(name, instructions, block.successors)
    is_same = all(blocks[name] is block for name, block in typed.flow.blocks.items())
    return None if is_same else Flow(typed.flow.name, typed.flow.parameters, blocks)


@dataclass(frozen=True, slots=True)
class _Number:
    """What an int is: a form of names as they are from behind the instruction `since` on."""

    form: Affine
    since: int = -1


@dataclass(slots=True)
class _Check:
    """A look at rows in front of the instruction `at`: their ranges, the ints that have to be small, and what needs no check of its own then."""

    at: int
    ranges: list[tuple[str, int, Affine, Affine]] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    covered: set[int] = field(default_factory=set)


class _Straight:
    """One block."""

    def __init__(self, typed: TypedFunction, block: Block) -> None:
        self.typed, self.instructions = typed, block.instructions
        self.rows: dict[int, tuple[_Number, Row | None]] = {}  # place -> where the row begins; what it is, but for lines that are asked for only
        self.sums: dict[int, _Number] = {}  # place of an operation on ints -> what it gives
        self._kinds: dict[str, Kind] = {n: kind for n, (kind, maybe) in typed.entry_states.get(block.name, {}).items() if not maybe}
        self._set_at: dict[str, int] = {}
        self._numbers: dict[str, _Number] = {}

    def joined(self) -> list[Instruction] | None:
        """The instructions with joined checks, None if there are too few to join."""
        typed = self.typed
        is_strip = self.instructions[0].op.startswith("strip_")  # where checks are put off already
        if is_strip or not any(find_row(typed, i) or find_prefetched(typed, i) for i in self.instructions):
            return None
        for k, i in enumerate(self.instructions):
            self._look(k, i)
        checks = {check.at: check for check in self._find_checks() if len(check.covered) >= _LEAST}
        covered = {k for check in checks.values() for k in check.covered}
        made: list[Instruction] = []
        for k, i in enumerate(self.instructions):
            if k in checks:
                ranges = find_outermost_ranges(checks[k].ranges)
                names = dict.fromkeys(array for array, *_ in ranges) | checks[k].names
                made.append(Instruction("rows_within", (), tuple(names), GatePlan(tuple(ranges)), i.node, i.phase))
            made.append(i if k not in covered else replace(i, is_sure=True) if i.op == "call" else replace(i, op="strip_affine"))
        return made if checks else None

    def _find_checks(self) -> list[_Check]:
        """A check for the first row, as early as its names are known, and all other rows whose names are known there; then the same for the rest."""
        checks: list[_Check] = []
        for k, (number, row) in self.rows.items():
            check = checks[-1] if checks else None
            if check is None or number.since >= check.at:
                own = {n for n, _ in number.form.terms}
                at = next((p for p, n in self.sums.items() if number.since < p < k and own.issuperset(name for name, _ in n.form.terms)), k)
                check = _Check(at)
                checks.append(check)
            check.names |= dict.fromkeys(name for name, _ in number.form.terms)
            if row is not None:
                check.covered.add(k)
                check.ranges.append((row.array, 0, number.form, number.form + Affine(row.count - 1)))
        for check in checks:
            for k, number in self.sums.items():
                if k >= check.at > number.since and check.names.keys() >= {name for name, _ in number.form.terms}:
                    check.covered.add(k)
        return checks

    def _look(self, k: int, i: Instruction) -> None:
        number = self._find_number(i)
        if number is not None and i.op == "binary" and i.when is None and number.form.terms:
            self.sums[k] = number
        row = find_row(self.typed, i)
        index = row.index if row is not None else find_prefetched(self.typed, i)
        if index is not None and i.when is None and not i.is_sure and (begin := self._read(index)) is not None:
            if row is None:
                self.rows[k] = begin, None
            elif self._is_line(row.array) and begin.form.terms:
                self.rows[k] = _Number(begin.form, max(begin.since, self._set_at.get(row.array, -1))), row
        if i.op == "delete" or (i.op == "bound" and self.typed.maybe_unbound.get(id(i))):
            self._set(i.arguments[0], k, None)
        for target, kind in zip(i.targets, self.typed.target_kinds.get(id(i), ()), strict=False):
            self._set(target, k, kind)
        if number is not None:
            self._numbers[i.targets[0]] = number

    def _set(self, name: str, k: int, kind: Kind | None) -> None:
        self._set_at[name] = k
        self._numbers.pop(name, None)
        self._kinds.pop(name, None)
        if kind is not None:
            self._kinds[name] = kind

    def _read(self, name: str) -> _Number | None:
        """What a name is, in names as they are now."""
        number = self._numbers.get(name)
        if number is not None and all(self._set_at.get(n, -1) <= number.since for n, _ in number.form.terms):
            return number
        return _Number(Affine(0, ((name, 1),)), self._set_at.get(name, -1)) if isinstance(self._kinds.get(name), Int) else None

    def _find_number(self, i: Instruction) -> _Number | None:
        """What an instruction gives, if that is an int in known names."""
        kinds = self.typed.argument_kinds.get(id(i))
        if len(i.targets) != 1 or id(i) in self.typed.faults or id(i) in self.typed.steps or i.op not in ("binary", "const", "copy", "strip_affine"):
            return None
        value = self.typed.constants.get(id(i))
        if type(value) is int:
            return _Number(Affine(value))
        operands = [number for name in i.arguments if (number := self._read(name)) is not None]
        if i.op == "copy":
            return operands[0] if operands else None
        form = combine(i.detail, operands[0].form, operands[1].form) if kinds == (Int(), Int()) and len(operands) == 2 else None
        return None if form is None else _Number(form, max(operand.since for operand in operands))

    def _is_line(self, name: str) -> bool:
        kind = self._kinds.get(name)
        return isinstance(kind, Array) and kind.ndim == 1
