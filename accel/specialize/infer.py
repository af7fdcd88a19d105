"""Flow + kinds of the parameters -> TypedFunction: the kind of every name at every point.

Kinds are followed forward through the blocks until nothing changes. A name has a kind per point, not per function: `x = 0` and
later `x = x + 0.5` is an int and then a float; only where paths meet does it become a union.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from accel.ir import Block, Facts, Fault, Flow, Guard, Instruction, Plan, Signature, TypedFunction
from accel.specialize.choices import choose_values
from accel.specialize.counters import find_counters
from accel.specialize.coverage import find_covered
from accel.specialize.liveness import find_live
from accel.specialize.lookup import Lookup
from accel.specialize.nests import version_nests
from accel.specialize.outside import read_outside_arrays
from accel.specialize.peel import peel_loops
from accel.specialize.refusal import refuse_moving_callees, refuse_unavoidable
from accel.specialize.row_checks import join_row_checks
from accel.specialize.rules import KindRules
from accel.specialize.runs import join_tests
from accel.types.kinds import Constant, Kind, Nested, Never, Scalar, is_value, join_kinds, members_of

__all__ = ["plan_function"]

_DEEPEST = 8  # kinds of arguments with which a function may be on the way to itself
_TAKEN = ("default", "parameter", "record", "structs")  # symbols of the machine code begin with these
_DEEPEST_KNOWN = 32  # values known while compiling with which one may be
_MOST_FUNCTIONS = 1024  # typed for one plan
_RENEWALS = 8  # times the state of a loop may get another kind at the entry of a block before it counts as mixed

Derive = Callable[[FunctionType, tuple[Kind, ...]], FunctionType]
State = dict[str, tuple[Kind | None, bool]]  # name -> (kind, None where paths disagree; whether it may be unbound)


def plan_function(function: FunctionType, signature: Signature, analyse: Callable[[FunctionType], Facts], derive: Derive = lambda f, _: f) -> Plan:
    """Type `function` for these arguments, and every Python function it calls. `derive` gives the function to analyse in place of one, for arguments of
    certain kinds.

    Raises
    ------
    CompileError
        When something that can't be avoided can't be compiled; it names all of it.
    """
    specializer = Specializer(analyse, derive, set())
    root = specializer.typed(function, signature.kinds)
    while specializer.written.intersection(specializer.guards):  # taken for constant before it was known to be bound
        specializer = Specializer(analyse, derive, specializer.written)
        root = specializer.typed(function, signature.kinds)
    assert root is not None
    refuse_unavoidable(specializer.finished(), specializer.written_faults())
    refuse_moving_callees(tuple(specializer.finished()))
    _find_counted(specializer.finished())
    return Plan(signature, root, tuple(specializer.finished()), tuple(specializer.guards.values()))


def _find_counted(functions: list[TypedFunction]) -> None:
    """Mark the functions from which recursive ones can be reached."""
    found = -1
    while found != sum(f.counted for f in functions):
        found = sum(f.counted for f in functions)
        for typed in functions:
            callees = [c.function for c in typed.calls.values() if c.function is not None]
            typed.counted = typed.recursive or any(c.counted for c in callees)


class Specializer:
    """Types functions on demand; keeps what they have in common: the guards, and the functions typed so far."""

    def __init__(self, analyse: Callable[[FunctionType], Facts], derive: Derive, written: set[tuple[Any, ...]]) -> None:
        self.analyse, self.derive, self.written = analyse, derive, written
        self.guards: dict[tuple[Any, ...], Guard] = {}
        self._nested: dict[CodeType, Facts] = {}
        self._analysed: dict[tuple[FunctionType, tuple[Kind, ...]], Facts] = {}
        self._typed: dict[tuple[int, tuple[Kind, ...]], TypedFunction] = {}
        self._active: list[tuple[int, tuple[Kind, ...]]] = []
        self._on_the_way: list[int] = []  # the functions being typed as they were given, whatever is known while compiling
        self._cyclic: set[tuple[int, tuple[Kind, ...]]] = set()  # all functions on the way of a recursion
        self._recursive: set[tuple[int, tuple[Kind, ...]]] = set()

    def finished(self) -> list[TypedFunction]:
        """The functions typed so far."""
        return list(self._typed.values())

    def written_faults(self) -> dict[int, tuple[Fault, ...]]:
        """What can't be compiled whatever the kinds, by id of the source."""
        return {id(facts.source): tuple(facts.faults.values()) for facts in self._analysed.values()}

    def nested(self, kind: Nested, facts: Facts | None) -> Facts:
        """The facts of a nested function, noted at its definition."""
        if facts is not None:
            self._nested[kind.code] = facts
        return self._nested[kind.code]

    def _facts(self, function: FunctionType, kinds: tuple[Kind, ...]) -> Facts:
        """What reading a function tells, with what is known while compiling put in."""
        known = tuple([kind for kind in kinds if isinstance(kind, Constant)])
        if (function, known) not in self._analysed:
            made = self.derive(function, kinds)
            lookup = Lookup(function, self.guards)
            for name in made.__dict__.get("evaluated", ()):  # what was evaluated is so as long as these are the same
                (lookup.find_cell if name in function.__code__.co_freevars else lookup.find_global)(name)
            self._analysed[function, known] = self.analyse(made)
        return self._analysed[function, known]

    def typed(self, function: FunctionType | Facts, kinds: tuple[Kind, ...]) -> TypedFunction | None:
        """`function` typed for arguments of these kinds. A recursive call takes the result known so far; when that was wrong,
        the function is typed again. None for a recursion whose arguments have other kinds at every level."""
        given = function
        if len(self._typed) > _MOST_FUNCTIONS or self._on_the_way.count(id(given)) >= _DEEPEST_KNOWN:
            return None
        facts = function if isinstance(function, Facts) else self._facts(function, kinds)
        function = facts.source.function
        key = (id(function), kinds)
        if key in self._typed:
            if key in self._active:
                self._recursive.add(key)
                self._cyclic.update(self._active[self._active.index(key) :])
            return self._typed[key]
        if sum(active == key[0] for active, _ in self._active) >= _DEEPEST:
            return None
        flow = read_outside_arrays(Lookup(function, self.guards), facts.flow, self.written)
        name = function.__name__
        symbol = f"{name}{'_' * (name in _TAKEN)}.{len(self._typed)}"
        typed = TypedFunction(symbol, facts.source, facts.flow, kinds, Never(), written=facts.written)
        self._typed[key] = typed
        self._active.append(key)
        self._on_the_way.append(id(given))
        while True:
            before, known = typed.result, set(self._typed)
            self._recursive.discard(key)
            self._follow(typed, facts, flow)
            if typed.result == before or key not in self._recursive:
                break
            for made in set(self._typed) - known:
                del self._typed[made]  # they saw a result that has changed
        for improve in (choose_values, peel_loops, version_nests, join_row_checks):
            better = improve(typed)
            if better is not None:
                self._follow(typed, facts, better)
        typed.recursive = key in self._cyclic
        find_covered(typed)
        join_tests(typed)
        typed.counters = find_counters(typed)
        self._active.pop()
        self._on_the_way.pop()
        return typed

    def _follow(self, typed: TypedFunction, facts: Facts, flow: Flow) -> None:
        """Find the kinds in a flow."""
        typed.renew(flow)
        captured = dict(zip(flow.parameters[: len(facts.captured)], typed.kinds, strict=False))
        has_functions = any(isinstance(k, Nested) for k in captured.values())  # to make one anew takes what it captures
        typed.live = find_live(facts.source, flow, frozenset(captured) if has_functions or facts.written else frozenset())
        _Inference(self, typed, facts, facts.source.function).run()


class _Inference(KindRules):
    """One function: states at block entries, kinds of every instruction."""

    def __init__(self, specializer: Specializer, typed: TypedFunction, facts: Facts, function: FunctionType) -> None:
        super().__init__(typed, facts, Lookup(function, specializer.guards), specializer)
        self.flow, self.facts, self.unsupported = typed.flow, facts, typed.faults
        self.returned: Kind = Never()
        definitions = Counter(t for i in typed.flow.instructions() for t in i.targets)
        self.single = {n for n, count in definitions.items() if count == 1 and n.startswith("%")}
        self._renewals: Counter[tuple[str, str]] = Counter()

    def run(self) -> None:
        """Follow the kinds until nothing changes."""
        flow: Flow = self.flow
        entry: State = {n: (k, False) for n, k in zip(flow.parameters, self.typed.kinds, strict=True)}
        states: dict[str, State] = {"entry": entry}
        order = list(flow.blocks)
        todo = ["entry"]
        while todo:
            name = min(todo, key=order.index)
            todo.remove(name)
            after = self.block(flow.blocks[name], dict(states[name]))
            if after is None:
                continue
            for successor in self.followed(flow.blocks[name]):
                needed = self.typed.live[id(flow.blocks[successor].instructions[0])]
                arriving = {n: v for n, v in after.items() if n in needed}
                if self.join(states, successor, arriving) and successor not in todo:
                    todo.append(successor)
        self.finish(states)

    def followed(self, block: Block) -> tuple[str, ...]:
        """The successors of a block that can be reached: a condition known while compiling and a loop without turns leave one."""
        last = block.instructions[-1]
        if last.op == "next" and isinstance(self.typed.target_kinds[id(last)][0], Never):
            return block.successors[1:]
        return self.typed.reached_from(block)

    def finish(self, states: dict[str, State]) -> None:
        """Record what was found."""
        typed = self.typed
        typed.entry_states = {
            b: {n: (k, maybe) for n, (k, maybe) in state.items() if k is not None} for b, state in states.items()
        }
        typed.result = self.returned
        if any(self.rounds(i) for i in self.flow.instructions()):
            self.lookup.watch_errstate()
        mixed = sorted({n for state in states.values() for n, (k, _) in state.items() if k is None})
        if mixed:  # CPython could not be given its value
            number = int(mixed[0][1:]) if mixed[0][1:].isdigit() else 0
            named = "a value" if mixed[0].startswith("%") else f"`{mixed[0]}`,"
            self.unsupported[-1] = Fault(number, f"{named} whose kind depends on the path taken", "mixed-kinds")

    def join(self, states: dict[str, State], name: str, arriving: State) -> bool:
        """Merge a state into the one at the entry of a block; whether that changed. A temporary with one definition has the
        kind that definition gives it now; the state of a loop in two versions, which has several, too: they may still be on their
        way to the same kind."""
        if name not in states:
            states[name] = arriving
            return True
        state, changed = states[name], False
        for n in {*state, *arriving}:
            (old, old_maybe), (new, new_maybe) = state.get(n, (Never(), True)), arriving.get(n, (Never(), True))
            joined = None if old is None or new is None else join_kinds(old, new)
            if n in arriving and (n in self.single or (joined is None and self._may_renew(name, n, old))):
                joined = new
            merged = (joined, old_maybe or new_maybe)
            if n not in state or merged != state[n]:
                state[n], changed = merged, True
        return changed

    def _may_renew(self, block: str, name: str, old: Kind | None) -> bool:
        self._renewals[block, name] += 1
        return name.startswith("%iter") and old is not None and self._renewals[block, name] <= _RENEWALS

    def block(self, block: Block, state: State) -> State | None:
        """Follow one block; None when its end is not reached."""
        for instruction in block.instructions:
            if not self.step(instruction, state):
                return None
        return state

    def step(self, instruction: Instruction, state: State) -> bool:
        """Follow one instruction; whether what follows is reached."""
        op, key = instruction.op, id(instruction)
        self.unsupported.pop(key, None)
        if op in ("jump", "poll"):
            return True
        if op == "strip_keep":
            self.keep(instruction, state)
            return True
        if op == "leave":
            if key in self.facts.faults:
                self.unsupported[key] = self.facts.faults[key]
            return False
        if op in ("bound", "delete"):
            return self.bound(instruction, state)
        kinds = self.arguments(instruction, state)
        if kinds is None:
            return False
        self.typed.argument_kinds[key] = kinds
        if op in ("return", "result"):  # "result": a return that has `finally` bodies to run before
            self.take_result(instruction, kinds[0])
            return op == "result" and key not in self.unsupported
        if op == "branch":
            return True
        results = self.results(instruction, kinds)
        if isinstance(results, Fault):
            self.unsupported[key] = results
            return False
        self.typed.target_kinds[key] = results
        for target, kind in zip(instruction.targets, results, strict=True):
            state[target] = (kind, False)
        if op == "next" and isinstance(results[0], Never):  # there are no items: what follows the loop is reached
            del state[instruction.targets[0]]
            return True
        return not any(isinstance(k, Never) for k in results)

    def rounds(self, instruction: Instruction) -> bool:
        """Whether an instruction does arithmetic on NumPy floats, which may underflow unseen."""
        if instruction.op not in ("binary", "inplace", "call", "spread_call", "unary"):
            return False
        kinds = self.typed.target_kinds.get(id(instruction), ())
        return any(isinstance(m, Scalar) and m.dtype.family in "fc" for k in kinds for m in members_of(k))

    def take_result(self, instruction: Instruction, kind: Kind) -> None:
        """A value that is returned; one of a kind that does not go with the others is left to CPython to return."""
        joined = join_kinds(self.returned, kind) if is_value(kind) else None
        if joined is None:
            self.unsupported[id(instruction)] = Fault(instruction.node, "a result of another kind", "")
        else:
            self.returned = joined

    @staticmethod
    def keep(instruction: Instruction, state: State) -> None:
        """A copy of a name, bound or not."""
        (name,), (source,) = instruction.targets, instruction.arguments
        state.pop(name, None)
        if source in state:
            state[name] = state[source]

    def bound(self, instruction: Instruction, state: State) -> bool:
        """A name about to be read or deleted: whether it can be bound here."""
        name = instruction.arguments[0]
        self.typed.argument_kinds[id(instruction)] = ()
        if name not in state:
            return False  # always unbound: CPython raises
        kind, maybe = state[name]
        if kind is None:
            self.unsupported[id(instruction)] = Fault(
                instruction.node, f"`{name}`, whose kind depends on the path taken", "mixed-kinds"
            )
            return False
        if instruction.op == "delete":
            del state[name]
            return True
        self.typed.maybe_unbound[id(instruction)] = maybe
        state[name] = (kind, False)
        return True

    def arguments(self, instruction: Instruction, state: State) -> tuple[Kind, ...] | None:
        """Kinds of the arguments, None when one has none here."""
        kinds = []
        for name in instruction.arguments:
            kind = state[name][0] if name in state else None
            if kind is None:
                self.unsupported[id(instruction)] = Fault(
                    instruction.node, "a value whose kind depends on the path taken", "mixed-kinds"
                )
                return None
            kinds.append(kind)
        return tuple(kinds)
