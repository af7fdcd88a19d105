"""Runs of instructions without effect are tested once, at the end: when the test fails, all of them are done again with every test in place.

`d2 = dx * dx + dy * dy + dz * dz` on NumPy floats has five operations that might warn. Infinity and NaN pass through to the last, so
only that one is tested. What several statements give is added up, and the sum is tested. As the run has had no effect so far, a second
version of it, which tests each operation, can start anew.

Before::

    dx = p[i, 0] - p[j, 0]                 # test dx
    v[i, 0] -= dx * m                      # test dx * m, test the difference
    v[j, 0] += dx * m                      # and so on

After::

    dx = p[i, 0] - p[j, 0]
    %1 = v[i, 0] - dx * m
    %2 = v[j, 0] + dx * m                  # test %1 + %2; when it fails: the statements as above
    v[i, 0] = %1                           # stores come last: behind the gate of a nest the two are known to be different elements
    v[j, 0] = %2
"""

from __future__ import annotations

from accel.ir import Access, Block, Flow, Instruction, TypedFunction
from accel.specialize.coverage import find_tellings, tells
from accel.specialize.put_off import cannot_fail, is_pure
from accel.types.kinds import Array, Kind, Scalar, Union
from accel.values import dataclass, field, replace

__all__ = ["join_tests"]

_LEAST = 2  # tests saved for which a run gets a second version
State = dict[str, tuple[Kind, bool]]


def join_tests(typed: TypedFunction) -> None:
    """Split blocks of `typed` so that runs have a version with joined tests. Fills `typed.retries` (id of an instruction -> block to go
    to when it fails), `typed.adds` (id of an operation -> id of the one with whose result its own is tested) and adds to
    `typed.covered`."""
    blocks: dict[str, Block] = {}
    for block in typed.flow.blocks.values():
        if block.name in typed.entry_states and block.name not in typed.cold and not block.instructions[0].op.startswith("strip"):
            blocks |= _Runs(typed, block).split()
        else:
            blocks[block.name] = block
    typed.flow = Flow(typed.flow.name, typed.flow.parameters, blocks)


@dataclass(slots=True)
class _Run:
    """Instructions that can be done anew from the first: what they compute, and their stores."""

    written: list[Instruction] = field(default_factory=list)  # all, as written
    computed: list[Instruction] = field(default_factory=list)
    stores: list[Instruction] = field(default_factory=list)
    told: dict[int, int] = field(default_factory=dict)  # id of an operation -> id of one that tells about it
    adds: dict[int, int] = field(default_factory=dict)


class _Runs:
    """Finds the runs of one block and splits it."""

    def __init__(self, typed: TypedFunction, block: Block) -> None:
        self.typed, self.block = typed, block
        self.blocks: dict[str, Block] = {}
        self.open: list[Instruction] = []  # instructions of the block under construction
        self.name = block.name
        self.state: State = dict(typed.entry_states[block.name])
        self.run: _Run | None = None

    def split(self) -> dict[str, Block]:
        """The blocks that take the place of the block."""
        for i in self.block.instructions:
            if not self._joins(i):
                self._close()
                if not is_pure(self.typed, i):
                    self._append([i])
                    continue
            run = self.run = self.run or _Run()
            if i.op == "set_item":
                self._put_off(run, i)
            else:
                run.computed.append(i)
            run.written.append(i)
        self._close()
        reached = self.typed.reached_from(self.block)
        if len(reached) < len(self.block.successors):  # what tells so may stand in another block now
            self.open[-1] = replace(_copy(self.typed, self.open[-1]), op="jump", arguments=())
        self.blocks[self.name] = Block(self.name, self.open, reached)
        return self.blocks

    def _joins(self, i: Instruction) -> bool:
        """Whether an instruction can be part of the run there is."""
        run = self.run
        if self._is_certain_store(i):
            return run is not None
        return is_pure(self.typed, i) and (run is None or (self._precedes(i, run.stores) and not self._overwrites(run, i)))

    def _append(self, instructions: list[Instruction]) -> None:
        self.open += instructions
        self.state = self.typed.state_after(self.state, instructions)

    def _precedes(self, i: Instruction, stores: list[Instruction]) -> bool:
        """Whether what comes after stores can be done before them."""
        if i.op == "item":
            return all(isinstance(i.detail, Access) and (s.detail, i.detail) in self.typed.passes for s in stores)
        arrays = any(isinstance(k, Array) for k in self.typed.argument_kinds.get(id(i), ()))
        return not stores or not arrays or i.op in ("attribute", "copy", "turn", "select")

    def _put_off(self, run: _Run, store: Instruction) -> None:
        """Make a store later: with names of its own, as those it uses may have other values by then."""
        typed, array = self.typed, store.arguments[0]
        kinds = typed.argument_kinds[id(store)]
        names = [f"%store{len(run.stores)}.{k}" for k in range(1, len(kinds))]
        for name, old, kind in zip(names, store.arguments[1:], kinds[1:], strict=True):
            kept = Instruction("copy", (name,), (old,), None, store.node, store.phase)
            typed.argument_kinds[id(kept)] = typed.target_kinds[id(kept)] = (kind,)
            typed.live[id(kept)] = typed.live[id(store)]
            run.computed.append(kept)
        made = _copy(typed, store)
        made.arguments = (array, *names)
        run.stores.append(made)

    def _overwrites(self, run: _Run, i: Instruction) -> bool:
        """Whether an instruction changes a name that the run needs as it was when it is done anew."""
        return not self.typed.live[id(run.computed[0])].isdisjoint(i.targets)

    def _is_certain_store(self, i: Instruction) -> bool:
        """Whether an instruction is a store that can't fail."""
        return (
            i.op == "set_item"
            and isinstance(i.detail, Access)
            and id(i) in self.typed.argument_kinds
            and cannot_fail(self.typed, i)
        )

    # -- versions

    def _close(self) -> None:
        """Write the run, in two versions if that saves tests."""
        run, self.run = self.run, None
        if run is None:
            return
        self._find_tests(run)
        if len(run.told) + len(run.adds) - len(set(run.adds.values())) < _LEAST:
            self._append(run.written)
            return
        typed = self.typed
        number = len(self.blocks)
        again, after = f"{self.block.name}.again{number}", f"{self.block.name}.after{number}"
        typed.covered |= set(run.told)
        typed.adds |= run.adds
        typed.retries |= {id(i): again for i in run.computed}
        typed.entry_states[again] = self._needed(run.computed[0])
        slow = [_copy(typed, i) for i in run.written]
        self._append([*run.computed, *run.stores])
        last = run.written[-1]
        for name, made in ((self.name, self.open), (again, slow)):
            self.blocks[name] = Block(name, [*made, Instruction("jump", (), (), None, last.node, last.phase)], (after,))
        self.name, self.open = after, []
        typed.entry_states[after] = dict(self.state)

    def _needed(self, first: Instruction) -> State:
        live = self.typed.live[id(first)]
        return {n: found for n, found in self.state.items() if n in live}

    def _find_tests(self, run: _Run) -> None:
        """Find which operation tells about which, and of those that are left, whose results are added up: all of one dtype."""
        uses, *_ = find_tellings(self.typed, run.computed)
        run.told |= {
            id(maker): id(user)
            for maker, user in uses
            if isinstance(maker, Instruction) and self._is_plain_teller(maker) and self._is_plain_teller(user)
        }
        tellers = [i for i in run.computed if self._is_plain_teller(i)]
        last: dict[str, int] = {}
        for i in reversed([i for i in tellers if id(i) not in run.told]):
            kind = self.typed.target_kinds[id(i)][0]
            assert isinstance(kind, Scalar)
            run.adds[id(i)] = last.setdefault(kind.char, id(i))

    def _is_plain_teller(self, i: Instruction) -> bool:
        """Whether a test of the result of an operation can be joined with others: it is made on every path."""
        unions = any(isinstance(k, Union) for k in self.typed.argument_kinds.get(id(i), ()))
        return tells(self.typed, i) and not unions


def _copy(typed: TypedFunction, i: Instruction) -> Instruction:
    """A copy of an instruction, with all that is known about it."""
    made = replace(i)
    for found in typed.by_instruction():
        if id(i) in found:
            found[id(made)] = found[id(i)]
    return made
