"""TypedFunction -> the text of an LLVM function: names, blocks, joins and exits. What each op does is in `steps.py`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable

from accel.ir import Block, Exit, Instruction, Live, PythonStep, TypedFunction
from accel.lower.convert import convert_value
from accel.lower.detached import emit_attach, load_watched
from accel.lower.joined_arrays import has_settled_views
from accel.lower.layout import Value, components, object_positions, owner_positions, word_places
from accel.lower.results import store_word
from accel.lower.text import Emitter, Module
from accel.lower.vector_runs import VectorRuns
from accel.types.kinds import Kind, Object, Static
from accel.values import dataclass

__all__ = ["REDO", "FunctionBody"]

StepLowerer = Callable[["FunctionBody", Instruction, tuple[str, ...]], bool]
REDO = "3"  # status of a function that changes nothing and has left: CPython does the whole call


@dataclass(slots=True)
class _PendingExit:
    """An exit some operation branches to; its cold block is written at the end."""

    label: str
    number: int
    exit: Exit
    values: dict[str, Value]
    extra: str = ""  # operand of the object handed over ("%result"), which the exit owns


class FunctionBody:
    """Names and blocks of one function while its text is made.

    A name with a single definition that is not the user's is its operands; any other has a stack slot per component and
    kind, and LLVM makes registers of them.
    """

    def __init__(
        self, module: Module, typed: TypedFunction, *, relaxed: bool = False, pure: bool = False, early: bool = False, flagged: bool = False,
        detached: bool = False,
    ) -> None:
        self.typed, self.module, self.relaxed, self.pure, self.early = typed, module, relaxed, pure or early, early
        self.e = Emitter(module)
        self.detached = detached  # runs without the GIL until it leaves
        self.watched = load_watched(self.e) if detached else ""
        self.e.leaves_early, self.e.trusts_flags = early, flagged  # where a result needs a closer look
        self.e.wraps = self.pure
        self.e.adopt = self._adopt
        self.exits: list[Exit] = []
        self.state: dict[str, tuple[Kind, bool]] = {}
        self._values: dict[str, Value] = {}
        self._slots: dict[tuple[str, Kind], tuple[str, ...]] = {}
        self._flags: dict[str, str] = {}
        self._pending: list[_PendingExit] = []
        definitions = Counter(t for i in typed.flow.instructions() for t in i.targets)
        self._single = {n for n, count in definitions.items() if count == 1 and n.startswith("%") and not n.startswith("%keep")}
        self._single |= self._constant_names()
        self._runs = VectorRuns(self.e, typed)
        self.deciding = {i.arguments[0] for i in typed.flow.instructions() if i.op == "truth"}  # what a jump follows
        self.strip_flag = ""
        self.steps: list[PythonStep] = []
        self.owned: list[str] = []  # slots that hold a reference of this call, released when it ends
        self._kept: dict[str, str] = {}
        self._status = self.e.slot("i32")
        self.owning = any(not i.op.startswith("strip") and self._makes_objects(i) for i in typed.flow.instructions())
        self.owning = self.owning or has_settled_views(typed)
        self.buffers: list[str] = []
        for state in typed.entry_states.values():
            for name, (_, maybe) in state.items():
                if maybe and name not in self._flags:
                    self._flags[name] = self.e.slot("i1")
        self._single -= self._flags.keys()  # not defined on every path to where it may be needed
        for instruction in typed.flow.instructions():
            if instruction.op == "delete" and instruction.arguments[0] not in self._flags:
                self._flags[instruction.arguments[0]] = self.e.slot("i1")

    def _constant_names(self) -> set[str]:
        """Temporaries that hold the same constant wherever they are defined (a loop and its strips have the same ones)."""
        found: dict[str, set[object]] = {}
        for i in self.typed.flow.instructions():
            for target in i.targets:
                constant = (type(i.detail), repr(i.detail)) if i.op == "const" and id(i) in self.typed.constants else i
                found.setdefault(target, set()).add(constant)
        return {
            n for n, values in found.items() if n.startswith("%") and len(values) == 1 and isinstance(next(iter(values)), tuple)
        }

    def _makes_objects(self, instruction: Instruction) -> bool:
        """Whether an instruction gives a new reference to an object."""
        call = self.typed.calls.get(id(instruction))
        returned = call.function.result if call is not None and call.function is not None else None
        return id(instruction) in self.typed.steps or (returned is not None and bool(owner_positions(returned)))

    # -- names

    def read(self, name: str) -> Value:
        """The components of a name, here."""
        if name in self._values:
            return self._values[name]
        assert name not in self._single, f"{name} is used before it is defined"
        kind = self.state[name][0]
        slots = self._slot(name, kind)
        return tuple(self.e.value(f"load {t}, ptr {s}") for t, s in zip(components(kind), slots, strict=True))

    def _read_with_kind(self, name: str) -> tuple[Kind, Value]:
        return self.state[name][0], self.read(name)

    def write(self, name: str, kind: Kind, value: Value) -> None:
        """Bind a name."""
        self.state[name] = (kind, False)
        if name in self._single:
            self._values[name] = value
            return
        slots = self._slot(name, kind)
        if self.owning:
            for position in owner_positions(kind):
                self.hold(slots[position], value[position])
        for type_, slot, part in zip(components(kind), slots, value, strict=True):
            self.e.do(f"store {type_} {part}, ptr {slot}")
        if name in self._flags:
            self.e.do(f"store i1 true, ptr {self._flags[name]}")

    def hold(self, name_slot: str, operand: str, *, new: bool = False) -> None:
        """Keep an object alive as long as a slot refers to it; `new`: the reference is handed over."""
        kept = self._kept.get(name_slot)
        if kept is None:
            kept = self._kept[name_slot] = self.e.slot("ptr", initial="null")
            self.owned.append(kept)
        if not new:
            self.e.call("void", "Py_IncRef", f"ptr {operand}")
        before = self.e.value(f"load ptr, ptr {kept}")
        self.e.do(f"store ptr {operand}, ptr {kept}")
        self.e.call("void", "Py_DecRef", f"ptr {before}")

    def _adopt(self, operand: str) -> None:
        self.hold(f"adopted {operand}", operand, new=True)

    def own(self, key: int, kind: Kind, value: Value) -> None:
        """Take over the new references in the value an instruction gives."""
        for position in owner_positions(kind):
            self.hold(f"{key}.{position}", value[position], new=True)

    def end(self, status: str) -> None:
        """Return a status. The references of this call are given up first, all in one place, as all slots are known only then."""
        if self.owning:
            self.e.do(f"store i32 {status}, ptr {self._status}")
            self.e.branch("release")
        else:
            self.e.do(f"ret i32 {status}")

    def _write_release(self) -> None:
        e = self.e
        e.place("release")
        for kept in self.owned:
            e.call("void", "Py_DecRef", f"ptr {e.value(f'load ptr, ptr {kept}')}")
        e.do(f"ret i32 {e.value(f'load i32, ptr {self._status}')}")

    def unbind(self, name: str) -> None:
        """Make a name unbound."""
        self.state.pop(name, None)
        self.e.do(f"store i1 false, ptr {self._flags[name]}")

    def copy_maybe(self, source: str, target: str) -> None:
        """Copy a name that may be unbound, with the fact whether it is."""
        if source not in self.state:
            if target in self._flags:
                self.unbind(target)
            self.state.pop(target, None)
            return
        kind, maybe = self.state[source]
        if maybe and target not in self._flags:
            self._flags[target] = self.e.slot("i1")
        self.write(target, kind, self.read(source))
        self.state[target] = (kind, maybe)
        if maybe:
            self.e.do(f"store i1 {self.e.value(f'load i1, ptr {self._flags[source]}')}, ptr {self._flags[target]}")

    def is_unbound(self, name: str) -> str:
        """Whether a name is unbound here (an i1)."""
        bound = self.e.value(f"load i1, ptr {self._flags[name]}")
        return self.e.value(f"xor i1 {bound}, true")

    def _slot(self, name: str, kind: Kind) -> tuple[str, ...]:
        if (name, kind) not in self._slots:
            self._slots[name, kind] = tuple(self.e.slot(t) for t in components(kind))
        return self._slots[name, kind]

    # -- exits

    def make_exit(
        self, instruction: Instruction, phase: str | None = None, *, extra: str = "", takes: tuple[str, ...] = (), asks: str = "", raises: bool = False,
        result: tuple[Kind, Value] | None = None,
    ) -> str:  # fmt: skip
        """Label of an exit at an instruction; `keep_exit` says that it is used. `extra` is an object to give back, and to hand over unless there is a `result`."""
        needed = self.typed.live[id(instruction)] | set(instruction.arguments)
        live: list[Live] = []
        words = 0
        values: dict[str, Value] = {}
        for name in sorted(needed):
            if name not in self.state:
                continue
            kind, maybe = self.state[name]
            if isinstance(kind, Static) and name.startswith("%") and self._is_outside(name):
                continue
            flag = -1
            if maybe and name in self._flags:
                flag, words = words, words + 1
            live.append(Live(name, kind, words, flag))
            words += word_places(components(kind))[-1]
            if name in self._values:
                values[name] = self._values[name]
        if result is not None:
            live.append(Live("%result", result[0], words))
            values["%result"] = result[1]
        elif extra:
            live.append(Live("%result", Object(), words))
        label = self.e.label("exit")
        _, at, leaving = instruction.phase.partition("@")
        phase = instruction.phase if phase is None else phase + at + leaving
        exit_ = Exit(instruction.node, phase, tuple(live), self.typed.written, takes, asks, raises)
        self._pending.append(_PendingExit(label, -1, exit_, values, extra))
        return label

    def _is_outside(self, name: str) -> bool:
        """Whether a temporary is a constant, a global or an attribute of one, which CPython reads again."""
        number, source = name[1:], self.typed.source
        node = source.nodes[int(number)] if number.isdigit() else None
        while isinstance(node, ast.Attribute):
            node = node.value
        own = (*source.code.co_varnames, *source.code.co_cellvars)
        return node is None or isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id not in own)

    def keep_exit(self, pending: _PendingExit | None = None) -> None:
        """Give an exit, by default the one made last, its number: something branches to it."""
        pending = pending or self._pending[-1]
        pending.number = len(self.exits)
        self.exits.append(pending.exit)

    def _write_exits(self) -> None:
        e, record = self.e, ""
        if self.pure:
            for pending in self._pending:
                e.place(pending.label)
                self.end(REDO)
            return
        size = max((live.offset + word_places(components(live.kind))[-1] + 1 for p in self._pending for live in p.exit.live), default=1)
        if self._pending:
            record = e.slot(f"[{size} x i64]", align=8)
        for pending in self._pending:
            e.place(pending.label)
            self.attach()
            for live in pending.exit.live:
                self._write_live(live, pending, record)
            callee, symbol = self.module.external(f"resume.{self.typed.symbol}"), '@"accel.resume"'
            answer = e.value(f"call ptr {symbol}(ptr {callee}, i64 {pending.number}, ptr {record}, ptr %state)")
            if pending.extra:
                e.call("void", "Py_DecRef", f"ptr {pending.extra}")
            e.do(f"store ptr {answer}, ptr %state")
            failed = e.value(f"icmp eq ptr {answer}, null")
            self.end(e.value(f"select i1 {failed}, i32 1, i32 2"))

    def attach(self) -> None:
        """Have the GIL from here on."""
        if self.detached:
            emit_attach(self.e)

    def _write_live(self, live: Live, pending: _PendingExit, record: str) -> None:
        e = self.e
        if live.name in pending.values:
            parts: Value = pending.values[live.name]
        elif live.name == "%result":
            parts = (pending.extra,)
        else:
            slots = self._slot(live.name, live.kind)
            parts = tuple(e.value(f"load {t}, ptr {s}") for t, s in zip(components(live.kind), slots, strict=True))
        if live.flag >= 0:
            bound = e.value(f"zext i1 {e.value(f'load i1, ptr {self._flags[live.name]}')} to i64")
            e.do(f"store i64 {bound}, ptr {e.value(f'getelementptr i64, ptr {record}, i64 {live.flag}')}")
        types = components(live.kind)
        for type_, part, at in zip(types, parts, word_places(types), strict=False):
            store_word(e, type_, part, e.value(f"getelementptr i64, ptr {record}, i64 {live.offset + at}"))

    # -- blocks

    def text(self, lower_step: StepLowerer, *, inline: bool = True, attributes: str = "") -> str:
        """The whole function. `lower_step(body, instruction)` lowers one instruction that is no jump."""
        typed, e = self.typed, self.e
        parameters = ["ptr %result", "ptr %state"]
        count = 0
        for flag in self._flags.values():
            e.do(f"store i1 false, ptr {flag}")
        for name, kind in zip(typed.flow.parameters, typed.kinds, strict=True):
            value = tuple(f"%a{count + k}" for k in range(len(components(kind))))
            parameters += [f"{t} {v}" for t, v in zip(components(kind), value, strict=True)]
            count += len(value)
            self.write(name, kind, value)
        self.jump("entry")
        for block in typed.flow.ordered({} if self.early else typed.retries):  # a temporary is defined before it is used
            if block.name in typed.entry_states:
                self._block(block, lower_step)
        self._write_exits()
        if self.owning:
            self._write_release()
        del e.adopt  # a cycle would keep the function that was compiled
        return e.function(f'define internal i32 @"{typed.symbol}"({", ".join(parameters)}){attributes}{"" if inline else " noinline"}')

    def _block(self, block: Block, lower_step: StepLowerer) -> None:
        e = self.e
        e.place(f"B.{block.name}")
        self.state = dict(self.typed.entry_states[block.name])
        behind = 0
        for k, instruction in enumerate(block.instructions):
            if k < behind:
                continue
            length, bound = self._runs.take(block, k, self._read_with_kind)
            if length:
                for name, (kind, value) in bound.items():
                    self.write(name, kind, value)
                behind = k + length
                continue
            if instruction.op == "jump":
                self.jump(block.successors[0])
                return
            if instruction.op == "branch" and len(reached := self.typed.reached_from(block)) == 1:
                self.jump(reached[0])
                return
            if instruction.op == "branch":
                truth = self.read(instruction.arguments[0])[0]
                labels = [self._edge(s) for s in block.successors]
                e.branch_if(truth, labels[0][0], labels[1][0])
                self._write_edges(labels)
                return
            before = e.exits
            retry = None if self.early else self.typed.retries.get(id(instruction))
            e.exit_label = self.make_exit(_branch_of(block, instruction)) if retry is None else f"B.{retry}"
            pending = self._pending[-1] if retry is None else None
            e.only_if = self._condition(instruction)
            ended = lower_step(self, instruction, block.successors)
            e.only_if = ""
            if pending is not None and e.exits > before:
                self.keep_exit(pending)
            elif pending is not None:
                self._pending.remove(pending)
            if ended:
                return
        raise AssertionError(f"block {block.name} has no end")

    def _condition(self, instruction: Instruction) -> str:
        """The i1 without which an instruction must not leave, "" if there is none."""
        if instruction.when is None:
            return ""
        flag = self.read(instruction.when[0])[0]
        return flag if instruction.when[1] else self.e.value(f"xor i1 {flag}, true")

    def _edge(self, successor: str) -> tuple[str, str]:
        """Label to jump to for a successor, and the successor when names have to be converted on the way."""
        if self._conversions(successor):
            return self.e.label("edge"), successor
        return f"B.{successor}", ""

    def _write_edges(self, labels: list[tuple[str, str]]) -> None:
        state = dict(self.state)
        for label, successor in labels:
            if successor:
                self.e.place(label)
                self.state = dict(state)
                self.jump(successor)

    def _conversions(self, successor: str) -> list[tuple[str, Kind, Kind]]:
        wanted = self.typed.entry_states.get(successor, {})
        return [(n, self.state[n][0], k) for n, (k, _) in wanted.items() if n in self.state and self.state[n][0] != k]

    def jump(self, successor: str) -> None:
        """End the block with a jump; names get the kinds the successor holds them in."""
        for name, found, wanted in self._conversions(successor):
            value, slots = convert_value(self.e, found, wanted, self.read(name)), self._slot(name, wanted)
            if self.owning:
                for position in owner_positions(wanted):
                    self.hold(slots[position], value[position])
            for type_, slot, part in zip(components(wanted), slots, value, strict=True):
                self.e.do(f"store {type_} {part}, ptr {slot}")
        self.e.branch(f"B.{successor}")

    def take_references(self, kind: Kind, value: Value) -> None:
        """Make a result own what it refers to: the objects and the owners of arrays in it."""
        for position in (*owner_positions(kind), *object_positions(kind)):
            self.e.call("void", "Py_IncRef", f"ptr {value[position]}")


def _branch_of(block: Block, instruction: Instruction) -> Instruction:
    """Where CPython goes on for an instruction: there, or where it was chosen between two sides that have both been computed."""
    if instruction.when is None:
        return instruction
    return next(i for i in block.instructions if instruction.when[0] in i.targets)
