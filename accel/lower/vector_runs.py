"""Runs of operations on SIMD values that take several registers, lowered register by register.

Operation by operation, the temporaries of all registers are alive at the same time, and do not fit. So a run of operations without effect is written for the
first register of each value, then for the second, and so on. In a loop what it gives passes through an empty `asm`, which keeps LLVM from undoing this order, and
from moving behind a `break` what is needed in the next turn only.

Before::

    xx = x * x           # three registers each
    x = xx - yy + a

After::

    xx.0 = x.0 * x.0;  x.0 = xx.0 - yy.0 + a.0
    xx.1 = x.1 * x.1;  x.1 = xx.1 - yy.1 + a.1
    xx.2 = x.2 * x.2;  x.2 = xx.2 - yy.2 + a.2

The run behind a `break` in the middle of a loop is done in front of it, with the one there: one turn of it may be for nothing. What changes only in lanes of a mask
that has none any more when the loop is left (`n += inside.cast(Int64)`, behind `if not inside.any(): break`) is the same in front of it and behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from accel.graphs import find_dominators, find_natural_loop, reverse_postorder
from accel.ir import Block, Instruction, TypedFunction
from accel.lower.constants import constant_value
from accel.lower.layout import Value, components, vector_type
from accel.lower.text import Emitter
from accel.lower.vector_calls import emit_vector_call, emit_vector_operator
from accel.types.kinds import Bool, Float, Int, Kind, Tuple, Vector

__all__ = ["VectorRuns"]

_QUIET = ("static", "cell", "bound")
_MOVES = ("copy", "tuple", "unpack")
_OPERATORS = ("binary", "compare", "inplace", "unary")
_CALLS = ("", "abs", "cast", "bitcast", "ceil", "floor", "fma", "max", "min", "rint", "select", "sqrt", "trunc")
_LEAST = 3  # operations for which it matters
_MOST_AHEAD = 24  # operations done in front of a `break`
Bound = dict[str, tuple[Kind, Value]]
Read = Callable[[str], tuple[Kind, Value]]


class VectorRuns:
    """Finds and lowers the runs of one function."""

    def __init__(self, e: Emitter, typed: TypedFunction) -> None:
        self.e, self.typed = e, typed
        every = [kind for kinds in typed.target_kinds.values() for one in kinds for kind in _parts_of(one) if isinstance(kind, Vector)]
        self.is_needed = any(kind.lanes > kind.group for kind in every)
        self.loops = _find_loops(typed) if self.is_needed else []
        self._ahead: dict[str, tuple[int, Bound]] = {}  # block -> how many of its instructions have been done, and what they bind

    def take(self, block: Block, at: int, read: Read) -> tuple[int, Bound]:
        """How many instructions of a block, from one on, have been emitted as a run, and what names they bind; `read` tells what a name holds in front of it."""
        if not self.is_needed:
            return 0, {}
        if at == 0 and block.name in self._ahead:
            return self._ahead.pop(block.name)
        length = find_run(self.typed, block.instructions[at:])
        if not length:
            return 0, {}
        run, after, name = block.instructions[at : at + length], [], self._find_next(block, at + length)
        if name:
            following = self.typed.flow.blocks[name].instructions
            after = following[: find_run(self.typed, following, self._registers(run))]
            if not {name for i in after for name in i.arguments}.isdisjoint(name for i in block.instructions[at + length :] for name in i.targets):
                after = []  # it needs what stands between
        made, later = _lower(self.e, self.typed, (run, after), read, any(block.name in loop for loop in self.loops))
        if after:
            mask = self._find_mask(block, at + length, name)
            made |= {same: later[same] for same in _find_unchanged(self.typed, after, mask)}
            self._ahead[name] = len(after), later
        return length, made

    def _registers(self, run: Sequence[Instruction]) -> int:
        kind = _vectors_of(self.typed, run[-1])[0]
        return kind.lanes // kind.group

    def _find_next(self, block: Block, at: int) -> str:
        """The block behind a `break` that comes after the run, if only tests stand between; "" where there is none."""
        rest = block.instructions[at:]
        blocks = self.typed.flow.blocks
        around = min((loop for loop in self.loops if block.name in loop), key=len, default=set[str]())
        if not around or not all(self._is_test(i) for i in rest[:-1]) or rest[-1].op != "branch":
            return ""
        inside = [name for name in block.successors if name in around and name in self.typed.entry_states]
        if len(inside) != 1 or sum(inside[0] in other.successors for other in blocks.values()) != 1:
            return ""
        return inside[0]

    def _find_mask(self, block: Block, at: int, inside: str) -> str:
        """The name of the mask that has lanes when the loop goes on at a block, and none when it is left; "" if there is none."""
        *rest, branch = block.instructions[at:]
        (name,), stays = branch.arguments, block.successors[0] == inside
        for i in reversed(rest):
            if name not in i.targets:
                continue
            if i.op == "call":
                return i.arguments[0] if stays and self.typed.calls[id(i)].name == "simd.any" else ""
            if i.op not in ("truth", "unary"):
                return ""
            (name,), stays = i.arguments, stays != (i.op == "unary")
        return ""

    def _is_test(self, i: Instruction) -> bool:
        """Whether an instruction has no effect and never leaves: then what comes behind would already be done."""
        key, call = id(i), self.typed.calls.get(id(i))
        if i.op == "bound":
            return not self.typed.maybe_unbound.get(key, True)
        if i.op == "truth" or (i.op == "unary" and i.detail == "not"):
            return all(isinstance(kind, Bool) for kind in self.typed.argument_kinds.get(key, ()))
        return i.op == "const" or (call is not None and call.name in ("simd.any", "simd.all"))


def _find_unchanged(typed: TypedFunction, run: Sequence[Instruction], mask: str) -> set[str]:
    """The names that a run leaves as they are where a mask has no lanes: it adds 0 to them, or selects them."""
    nothing: set[str] = set()
    same: dict[str, str] = {}  # name -> the one whose value it has, as it was before the run
    bound: set[str] = set()
    for i in run if mask else ():
        made, kinds = typed.target_kinds.get(id(i), ()), typed.argument_kinds.get(id(i), ())
        old = [same.get(name, name if name not in bound else "") for name in i.arguments]
        call = typed.calls.get(id(i))
        for name in i.targets:
            same.pop(name, None)
            nothing.discard(name)
        if i.op == "call" and call is not None and call.name == "simd.cast" and old[0] == mask and _is_whole(made[0]):
            nothing.update(i.targets)
        elif i.op == "call" and call is not None and call.name == "simd.select" and old[0] == mask:
            places: tuple[Any, ...] = call.bound
            at = 1 + places[1]
            same[i.targets[0]] = old[at] if kinds[at] == made[0] else ""
        elif i.op in ("binary", "inplace") and i.detail in ("+", "-") and _is_whole(made[0]) and i.arguments[1] in nothing and kinds[0] == made[0]:
            same[i.targets[0]] = old[0]
        elif i.op == "copy" and i.arguments[0] in nothing:
            nothing.update(i.targets)
        elif i.op == "copy":
            same[i.targets[0]] = old[0]
        bound.update(i.targets)
    return {name for name, before in same.items() if name == before}


def _is_whole(kind: Kind) -> bool:
    return isinstance(kind, Vector) and kind.dtype.family in "iu"


def _find_loops(typed: TypedFunction) -> list[set[str]]:
    """The blocks of each loop."""
    blocks = {name: block for name, block in typed.flow.blocks.items() if name in typed.entry_states}
    order = reverse_postorder("entry", lambda name: [s for s in blocks[name].successors if s in blocks])
    before = {name: [other for other in order if name in blocks[other].successors] for name in order}
    dominators = find_dominators(order, before)
    return [find_natural_loop(head, [name], before) for name in order for head in blocks[name].successors if head in dominators[name]]


def find_run(typed: TypedFunction, instructions: Sequence[Instruction], registers: int = 0) -> int:
    """How many instructions, from the first on, make a run; 0 where there is none that is worth it, or, behind a run with so many registers, can go with it."""
    length, work = 0, 0
    most = _MOST_AHEAD if registers else len(instructions)
    constants: dict[str, object] = {}
    for k, i in enumerate(instructions):
        vectors = _vectors_of(typed, i)
        counts = {kind.lanes // kind.group for kind in vectors}
        if not _can_join(typed, i, constants) or len(counts) > 1 or not counts <= ({registers} if registers else counts) or 1 in counts:
            break
        if counts:
            (registers,) = counts
            length, work = k + 1, work + (i.op not in _MOVES)
        elif id(i) in typed.constants:
            constants[i.targets[0]] = typed.constants[id(i)]
    return length if _LEAST <= work <= most else 0


def _vectors_of(typed: TypedFunction, i: Instruction) -> list[Vector]:
    """The kinds of vectors an instruction takes or gives."""
    return [kind for kinds in (typed.argument_kinds.get(id(i), ()), typed.target_kinds.get(id(i), ())) for one in kinds for kind in _parts_of(one) if isinstance(kind, Vector)]


def _parts_of(kind: Kind) -> tuple[Kind, ...]:
    return tuple(part for item in kind.items for part in _parts_of(item)) if isinstance(kind, Tuple) else (kind,)


def _can_join(typed: TypedFunction, i: Instruction, constants: dict[str, object]) -> bool:
    """Whether an instruction has no effect and can't leave."""
    key = id(i)
    if key in typed.faults or key in typed.steps or i.when is not None or (i.op == "unary" and i.detail == "not"):
        return False
    if i.op == "bound":
        return not typed.maybe_unbound.get(key, True)
    if i.op in _QUIET and key not in typed.constants:
        return not any(map(components, typed.target_kinds[key]))
    if key in typed.constants:
        return isinstance(typed.target_kinds[key][0], (Bool, Int, Float))
    if i.op in _MOVES:
        kinds = (*typed.argument_kinds.get(key, ()), *typed.target_kinds.get(key, ()))
        return all(isinstance(part, Vector) for kind in kinds for part in _parts_of(kind))
    call = typed.calls.get(key)
    if i.op in _OPERATORS or (i.op == "call" and call is not None and call.name.startswith("simd.") and call.name.removeprefix("simd.") in _CALLS):
        kinds = typed.argument_kinds.get(key, ())
        like = next((kind for kind in (*kinds, *typed.target_kinds.get(key, ())) if isinstance(kind, Vector)), None)
        return like is not None and all(_is_certain(like, kind, constants.get(name)) for kind, name in zip(kinds, i.arguments, strict=True))
    return False


def _is_certain(like: Vector, kind: Kind, constant: object) -> bool:
    """Whether an operand is a lane without a check: an int may be too large for one."""
    if not isinstance(kind, Int) or like.dtype.family == "f":
        return True
    lowest = -(1 << like.dtype.bits - 1) if like.dtype.family == "i" else 0
    return isinstance(constant, int) and lowest <= constant < lowest + (1 << like.dtype.bits)


class _Register:
    """The operations of a run on one register of each value."""

    def __init__(self, e: Emitter, typed: TypedFunction, number: tuple[int, int], read: Read) -> None:
        self.e, self.typed, (self.number, self.count), self.read = e, typed, number, read
        self.held: Bound = {}
        self.taken: set[str] = set()  # names that were read as they were before

    def lower(self, i: Instruction) -> None:
        """One instruction."""
        key, typed = id(i), self.typed
        kinds = tuple(map(_one_register, typed.target_kinds.get(key, ())))
        if i.op in _QUIET and key not in typed.constants:
            self.held |= {name: (kind, ()) for name, kind in zip(i.targets, typed.target_kinds.get(key, ()), strict=True)}
            return
        if key in typed.constants:
            self.held[i.targets[0]] = kinds[0], constant_value(kinds[0], typed.constants[key])
            return
        given = [self.find(name, kind) for name, kind in zip(i.arguments, typed.argument_kinds[key], strict=True)]
        whole: Value = tuple(part for _, value in given for part in value)
        if i.op in _MOVES:
            for name, kind in zip(i.targets, kinds, strict=True):
                count = len(components(kind))
                self.held[name], whole = (kind, whole[:count]), whole[count:]
        elif i.op == "call":
            call = typed.calls[key]
            if call.name == "simd." and len(given) > 2:  # a number for each lane
                group = len(given[1:]) // self.count
                given = [given[0], *given[1 + self.number * group :][:group]]
            self.held[i.targets[0]] = kinds[0], emit_vector_call(self.e, call.name, call.bound, given, kinds[0])
        else:
            op = "binary" if i.op == "inplace" else i.op
            self.held[i.targets[0]] = kinds[0], emit_vector_operator(self.e, op, i.detail, given, kinds[0])

    def find(self, name: str, kind: Kind) -> tuple[Kind, Value]:
        """What a name holds of this register."""
        if name in self.held:
            return self.held[name]
        if not components(kind):
            return kind, ()  # a class
        found, value = self.read(name)
        self.taken.add(name)
        return _one_register(found), _take_register(found, value, self.number)


def _one_register(kind: Kind) -> Kind:
    """The kind of one register of a value."""
    if isinstance(kind, Tuple):
        return Tuple(tuple(map(_one_register, kind.items)))
    return Vector(kind.char, kind.group, kind.group, kind.bits) if isinstance(kind, Vector) else kind


def _take_register(kind: Kind, value: Value, number: int) -> Value:
    made: list[str] = []
    for part in _parts_of(kind):
        count = len(components(part))
        made += [value[number]] if isinstance(part, Vector) else value[:count]
        value = value[count:]
    return tuple(made)


def _lower(e: Emitter, typed: TypedFunction, runs: tuple[Sequence[Instruction], Sequence[Instruction]], read: Read, is_in_loop: bool) -> tuple[Bound, Bound]:
    """Emit a run and one that may follow it; what each name they bind holds behind the first, and behind the second."""
    last = _vectors_of(typed, runs[0][-1])[0]
    count = last.lanes // last.group
    registers = [_Register(e, typed, (number, count), read) for number in range(count)]
    held: list[list[Bound]] = [[], []]
    for register in registers:
        for run, found in zip(runs, held, strict=True):
            for i in run:
                register.lower(i)
            found.append(dict(register.held))
        last_held = held[1 if runs[1] else 0][-1]
        for name in sorted(register.taken.intersection(register.held)) if is_in_loop else ():
            last_held[name] = _pinned(e, *last_held[name])
    made: list[Bound] = []
    for run, found in zip(runs, held, strict=True):
        names = dict.fromkeys(name for i in run for name in i.targets if name in found[0])
        kinds = {name: kind for i in run for name, kind in zip(i.targets, typed.target_kinds.get(id(i), ()), strict=False)}
        made.append({name: (kinds[name], _combined(kinds[name], [one[name][1] for one in found])) for name in names})
    return made[0], made[1]


def _combined(kind: Kind, values: list[Value]) -> Value:
    """A value of its registers."""
    made: list[str] = []
    at = 0
    for part in _parts_of(kind):
        count = 1 if isinstance(part, Vector) else len(components(part))
        made += [value[at] for value in values] if isinstance(part, Vector) else values[0][at : at + count]
        at += count
    return tuple(made)


def _pinned(e: Emitter, kind: Kind, value: Value) -> tuple[Kind, Value]:
    """A value that is computed here and not later, if it is of floats that fill a register."""
    if not isinstance(kind, Vector) or kind.dtype.family != "f":
        return kind, value
    bits, type_ = kind.group * kind.dtype.bits, vector_type(kind)
    letter = "v" if bits == 512 else "x"
    return kind, (e.value(f'call {type_} asm sideeffect "", "={letter},0"({type_} {value[0]})'),) if bits in (128, 256, 512) else value
