"""Owns the calls of one decorated function: which machine code serves them, when to make more, when to stop."""

from __future__ import annotations

import atexit
import ctypes
import os
import sys
import threading
import time
import weakref
from functools import partial
from types import CodeType, FunctionType

from accel.dispatch.arguments import bind_arguments, find_signature, is_hashable
from accel.dispatch.carriers import Carrier, install_callbacks, plain_address, stubs
from accel.dispatch.enforce import refuse_argument
from accel.dispatch.guards import GuardError, guard_words, holds, own_words
from accel.dispatch.handlers import is_from_a_handler
from accel.dispatch.tracing import find_layout, is_watched
from accel.dispatch.trial import Trial
from accel.errors import CompileError, Diagnostic
from accel.ir import Entry, Lowered, Signature
from accel.options import HOPELESS
from accel.runtime.interrupt import hold_signals
from accel.types.annotations import comptime_parameters, enforced_parameters
from accel.types.kinds import Constant
from accel.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.dispatch.checks import Checks
    from accel.dispatch.ownership import OwnershipChecks
    from accel.types.annotations import Enforced
    from accel.types.kinds import Kind

    Compile = Callable[[FunctionType, Signature, Any], Lowered]
    Hint = Callable[[FunctionType, tuple[Diagnostic, ...]], None]

__all__ = ["Dispatcher", "MOST_ENTRIES", "find_dispatcher"]

MOST_ENTRIES = 16
_MOST_REFUSALS = 4  # signatures that can't be compiled, until a function without any compiled one is left alone
_FIRST_CALLS = 2  # calls before a function without loops is compiled
_LONGEST_WAIT = 4096  # misses between two looks at a call that compiled code does not serve
_lock = threading.RLock()  # one compilation at a time
_MOST_TWINS = 256  # functions with the same code, such as closures made in a loop, that are compiled one by one
_MOST_SMALL_TWINS = 16  # the same for closures that do so little that compiling one anew never pays
_twins: weakref.WeakKeyDictionary[CodeType, int] = weakref.WeakKeyDictionary()
# By the address of what the user holds, as long as that lives. Its attribute `accel` keeps the dispatcher alive: a function and all
# that belongs to it end together, when CPython would end the function.
_dispatchers: dict[int, tuple[Callable[[], Dispatcher | None], Any]] = {}
_ended: list[bool] = []
os.register_at_fork(after_in_child=lambda: _lock._at_fork_reinit())  # type: ignore[attr-defined]



class Dispatcher:
    """Decides what serves the calls of a function.

    Attributes
    ----------
    entries : list of Entry
        The specialisations, newest first.
    diagnostics : tuple of Diagnostic
        Why it was not compiled, the last time that was tried in vain.
    counters : dict
        How often: "compiled", "loaded" from the cache, "refused", "failed" by a fault of the compiler, "renewed" after
        something watched had changed, "retired".
    slower : float
        How many times as long as CPython compiled code took, when it was retired; else 0.
    """

    def __init__(
        self, function: FunctionType, options: Any, compile_: Compile | None = None, *, hint: Hint | None = None,
        inspect: Callable[[Dispatcher], Any] | None = None, own_class: type | None = None,
    ) -> None:
        self.options = options
        self.entries: list[Entry] = []
        self.diagnostics: tuple[Diagnostic, ...] = ()
        self.counters = dict.fromkeys(("compiled", "loaded", "refused", "failed", "renewed", "retired"), 0)
        self.enabled = True
        self.seconds = 0.0
        self.resumers: list[Any] = []
        self._compile, self._hint, self._inspect = compile_, hint, inspect
        self.enforced = enforced_parameters(function, own_class)
        self._checks: Checks | None = None
        if self.enforced:
            from accel.dispatch.checks import Checks, install_move

            self._checks = Checks(self.enforced)
        self._ownership: OwnershipChecks | None = None
        self.look: Callable[..., None] | None = None  # what machine code asks about arguments, with all of them
        if any(p.role for p in self.enforced):
            from accel.dispatch.ownership import OwnershipChecks

            self._ownership = OwnershipChecks(function, self.enforced)
            self.look = self._ownership.look
            install_move()
        self._known = tuple(comptime_parameters(function).values()) if function.__annotations__ else ()
        self.carrier = Carrier(function, misses_none=bool(self.enforced))
        self._refused: set[Signature] = set()
        self._words: dict[Signature, list[dict[str, int]]] = {}
        self._countdown = ctypes.c_int64(1)
        self.kept: list[Any] = [self._countdown]  # what machine code refers to
        self._wait = 1
        self._calls = 0
        self._settled = False
        self._depth = 0
        self.slower = 0.0
        self._trial = Trial()

    @property
    def function(self) -> Any:  # a FunctionType, which mypy takes for a method here
        """The function."""
        return self.carrier.function

    def attach(self) -> None:
        """Start serving calls."""
        function = self.function
        is_hopeless = function.__code__ in HOPELESS and not (self.enforced or self.options.strict)
        if _ended or find_layout() is None or is_hopeless:
            self._settled = True
            return
        install_callbacks(_answer_miss, _answer_depth)
        function.__dict__["accel"] = self._inspect(self) if self._inspect else self
        number = id(function)
        _dispatchers[number] = weakref.ref(self), weakref.ref(function, partial(dict.pop, _dispatchers, number))
        if self._checks is not None:
            self._checks.start(function)
        self.carrier.set_entry(self.trigger_address())

    def __del__(self) -> None:
        carrier = getattr(self, "carrier", None)  # there is none when an annotation makes no sense
        if carrier is not None and carrier.is_alive() and _dispatchers:  # the attribute was taken away: calls still come here
            number = id(self.function)
            if number in _dispatchers:
                _dispatchers[number] = (lambda: self), _dispatchers[number][1]

    def trigger_address(self) -> int:
        """Of what serves calls as long as nothing is compiled."""
        return self._checks.trigger_address() if self._checks is not None else stubs()["trigger"]

    def plain_address(self) -> int:
        """Of what has CPython serve calls, whose annotations are still enforced."""
        return self._checks.plain_address() if self._checks is not None else plain_address()

    # -- answers to misses

    def answer(self, values: tuple[Any, ...], positional: int, names: tuple[str, ...] | None) -> int | tuple[int, tuple[Any, ...]]:
        """The address at which a call that nothing compiled has served goes on, with other arguments maybe."""
        if self._trial.is_plain and not self.enforced:
            self._trial.answer_call(self)
            return plain_address()
        bound = bind_arguments(self.function, values, positional, names)
        if self._checks is None or bound is None:
            return self._find_address(bound)
        others = values
        if converted := self._enforce(bound):
            others = _replace(self.function.__code__, values, positional, names, converted)
        address = self._find_address(bound, has_missed=not converted)
        if address != plain_address():
            return address if others is values else (address, others)
        self._checks.renew(self.function)
        if self._ownership is not None and (lent := self._ownership.lend(bound)):
            others = _replace(self.function.__code__, others, positional, names, lent)
        return address if others is values else (address, others)

    def _find_address(self, bound: list[Any] | None, *, has_missed: bool = True) -> int:
        """Where these arguments are served; what there is has been tried in vain if it `has_missed`."""
        if not self.enabled or self._settled or is_watched(self.function) or sys.is_finalizing():
            return plain_address()
        if _lock._is_owned():  # type: ignore[attr-defined]  # called by what a compilation under way in this thread calls
            return plain_address()
        if self._trial.is_plain:
            self._trial.answer_call(self)
            return plain_address()
        signature = None if bound is None else self._find_signature(bound)
        if signature is None or bound is None or not all(self._is_decided(p, signature.kinds[p.position], bound[p.position]) for p in self.enforced):
            return self._give_way(None)
        if self.enforced:
            kinds = list(signature.kinds)
            for parameter in self.enforced:
                kinds[parameter.position] = parameter.refine(kinds[parameter.position])
            signature = Signature(tuple(kinds))
        entry = next((e for e in self.entries if e.signature == signature), None)
        if entry is not None:
            return self._mend(entry) if has_missed else entry.address
        if signature in self._refused or len(self.entries) >= MOST_ENTRIES:
            if self._known and len(self.entries) >= MOST_ENTRIES:
                what = f"has machine code for {MOST_ENTRIES} values known while compiling, and gets no more"
                self._tell_of_values(what, "pass what takes so many values as an ordinary argument")
            return self._give_way(signature)
        self._calls += 1
        if self._calls < self._patience():
            return plain_address()
        if not self.entries and _twins.get(self.function.__code__, 0) >= _MOST_TWINS:
            return self._give_way(signature)
        return self._extend(signature)

    def _find_signature(self, bound: list[Any]) -> Signature | None:
        """The signature of bound arguments, in which those known while compiling stand for themselves."""
        if not self._known:
            return find_signature(bound)
        signature = find_signature([None if k in self._known else value for k, value in enumerate(bound)])
        if unknown := [bound[k] for k in self._known if not is_hashable(bound[k])]:
            what = f"takes a value known while compiling, and an object of class {type(unknown[0]).__name__} is not hashable"
            self._tell_of_values(what, "pass a tuple, or another hashable value")
        if signature is None or unknown:
            return None
        return Signature(tuple([Constant(bound[k]) if k in self._known else kind for k, kind in enumerate(signature.kinds)]))

    def _tell_of_values(self, what: str, do: str) -> None:
        """Say, once, why a call whose values are to be known while compiling is CPython's."""
        code = self.function.__code__
        found = Diagnostic(f"`{self.function.__qualname__}` {what}", "comptime-value", code.co_filename, code.co_firstlineno, do=(do,))
        if self.options.strict:
            raise CompileError((found,))
        if self._hint is not None and found not in self.diagnostics:
            self.diagnostics = (found,)
            self._hint(self.function, self.diagnostics)

    @staticmethod
    def _is_decided(parameter: Enforced, kind: Kind, value: Any) -> bool:
        """Whether all values of this kind fit. A default value may be one that does not: None is all there is of its kind, others are not."""
        return parameter.is_decided_by(kind) and (value is None or parameter.takes(value))

    def _enforce(self, bound: list[Any]) -> dict[str, Any]:
        """Raise for an argument that is not what the annotation of its parameter says. By name, those that are to be others, which `bound` then holds."""
        converted = {}
        if self._ownership is not None:
            self._ownership.refuse_moved(bound)
        for parameter in self.enforced:
            value = bound[parameter.position]
            if not parameter.takes(value):
                if value is not self._default_of(parameter.name):
                    raise refuse_argument(self.function, parameter, value)
            elif (other := parameter.convert(value)) is not value and value is not self._default_of(parameter.name):
                converted[parameter.name] = bound[parameter.position] = other
        if self._ownership is not None:
            self._ownership.refuse_overlap(bound)
        return converted

    def _default_of(self, name: str) -> Any:
        function = self.function
        if function.__kwdefaults__ and name in function.__kwdefaults__:
            return function.__kwdefaults__[name]
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        optional = dict(zip(reversed(names), reversed(function.__defaults__ or ()), strict=False))
        return optional.get(name, ...)

    def _patience(self) -> int:
        code = self.function.__code__
        is_annotated = len(self.enforced) == code.co_argcount + code.co_kwonlyargcount > 0
        waits = not (self.options.strict or is_annotated or _has_loop(code) or self.entries)
        return _FIRST_CALLS if waits else 1

    def _give_way(self, signature: Signature | None) -> int:
        """This call is for CPython; look at fewer and fewer of them. Without anything compiled, the function is left alone at last."""
        self._wait = min(2 * self._wait, _LONGEST_WAIT)
        self._countdown.value = self._wait
        if not self.entries and self._wait > 2**_MOST_REFUSALS:
            self.settle()
        return plain_address()

    def settle(self) -> None:
        """Leave the function to CPython, as if it had not been decorated; annotations are still enforced."""
        self._settled = True
        self._send_to_python()

    def _mend(self, entry: Entry) -> int:
        """An entry for these very arguments has missed: a guard. Point it at where things are now, or make another."""
        with _lock:
            if not all(holds(g) for g in entry.lowered.guards):
                self.entries.remove(entry)
                self._relink()
                self.counters["renewed"] += 1
                if self.counters["renewed"] > 8:
                    return self._give_way(entry.signature)
                return self._extend(entry.signature)
            try:
                words = [guard_words(g) for g in entry.lowered.guards]
            except GuardError:
                return self._give_way(entry.signature)
            if words == self._words.get(entry.signature) and self._own_words() == entry.own_words:
                return self._give_way(entry.signature)
            if self._own_words() != entry.own_words:  # another __code__ or defaults
                self.entries.clear()
                self.carrier.set_entry(self.trigger_address())
                self._refused.clear()
                return plain_address() if self._own_words()["code"] != entry.own_words["code"] else self._extend(entry.signature)
            self._patch(entry, words)
            self._wait = self._countdown.value = 1
            return entry.address

    # -- making entries

    def _extend(self, signature: Signature) -> int:
        with _lock:
            ready = next((e for e in self.entries if e.signature == signature), None)
            if ready is not None:
                return ready.address
            try:
                entry = self.make_entry(signature)
            except CompileError as error:
                return self._refuse(signature, error)
            except GuardError:  # something watched is not as it must be, for now
                return self._give_way(None)
            self.entries.insert(0, entry)
            self._relink()
            self._wait = self._countdown.value = 1
            return entry.address

    def _refuse(self, signature: Signature, error: CompileError) -> int:
        self.counters["refused"] += 1
        self.diagnostics = error.diagnostics
        if self.options.strict:
            raise error
        self._refused.add(signature)
        if self._hint is not None:
            self._hint(self.function, error.diagnostics)
        if error.hopeless and not self.entries and not self._known:
            HOPELESS.add(self.function.__code__)
            self.settle()
            return plain_address()
        return self._give_way(signature)

    def make_entry(self, signature: Signature) -> Entry:
        """Compile (or load) and map one specialisation.

        Raises
        ------
        CompileError
            When it can't be compiled.
        """
        start = time.perf_counter()
        compile_ = self._compile
        if compile_ is None:
            from accel.pipeline import specialize as compile_
        assert compile_ is not None
        try:
            with hold_signals():
                return self._make_entry(compile_, signature)
        finally:
            self.seconds += time.perf_counter() - start

    def _make_entry(self, compile_: Compile, signature: Signature) -> Entry:
        try:
            lowered = compile_(self.function, signature, self.options)
        except (CompileError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            if os.environ.get("ACCEL_FAULTS") == "raise" or is_from_a_handler(error):
                raise
            self.counters["failed"] += 1
            diagnostic = Diagnostic(f"the compiler failed on `{self.function.__qualname__}`: {error!r}", "compiler-failure")
            raise CompileError((diagnostic,)) from error
        self.counters["loaded" if not lowered.text else "compiled"] += 1
        return self._load(lowered)

    def _load(self, lowered: Lowered) -> Entry:
        from accel.dispatch.linking import Linking

        linking = Linking(self, lowered)
        try:
            loaded = linking.load(ctypes.addressof(self._countdown))
        except (OSError, KeyError) as error:
            diagnostic = Diagnostic(
                f"cannot load machine code for `{self.function.__qualname__}`: {error}", "no-executable-memory"
            )
            raise CompileError((diagnostic,)) from error
        self.resumers += linking.resumers
        code = self.function.__code__
        _twins[code] = _twins.get(code, 0) + (not self.entries)
        if _twins[code] >= _MOST_SMALL_TWINS and code.co_freevars and _is_small(code):
            HOPELESS.add(code)  # from now on making one costs what it costs undecorated
        lowered = replace(lowered, sources={}, steps={})  # they hold the function
        entry = Entry(lowered.signature, lowered.result, loaded["entry"], loaded, lowered, self._own_words())
        self._words[lowered.signature] = linking.words
        return entry

    def _own_words(self) -> dict[str, int]:
        return own_words(self.function)

    def _patch(self, entry: Entry, words: list[dict[str, int]]) -> None:
        """Change what the guards compare with; every state in between is a miss."""
        for k, parts in enumerate(words):
            if "keys" in parts:
                entry.loaded.patch(f"guard.{k}.keys", 0)
            for part, word in parts.items():
                if part != "keys":
                    entry.loaded.patch(f"guard.{k}.{part}", word)
            if "keys" in parts:
                entry.loaded.patch(f"guard.{k}.keys", parts["keys"])
        self._words[entry.signature] = words

    def _relink(self) -> None:
        """Chain the entries, newest first; the last one's misses are for CPython, and now and then for the dispatcher."""
        if not self.entries:
            self.carrier.set_entry(self.trigger_address())
            return
        for entry, following in zip(self.entries, [*self.entries[1:], None], strict=True):
            entry.loaded.patch("next", following.address if following else entry.loaded["throttle"])
        if self.enabled:
            self.carrier.set_entry(self.entries[0].address)

    def dive(self) -> None:
        """Deep in the stack: until `surface`, calls are those of an undecorated function, which the interpreter makes without using it."""
        self._depth += 1
        self.carrier.release()

    def surface(self) -> None:
        """Undo `dive`."""
        self._depth -= 1
        if self._depth:
            return
        if not self.enabled:
            self.disable()
        elif self._settled:
            self.settle()
        else:
            self._relink()

    # -- what users ask for

    def note_exit(self) -> None:
        """A resumer has gone on in CPython: with nothing but exits, compiled code only costs."""
        self._trial.note_exit(self)

    def detour(self, address: int | None) -> None:
        """Send calls to an address; with None, to the entries again."""
        if address is None:
            self._countdown.value = self._wait
            self._relink()
        else:
            self.carrier.set_entry(address)

    def compiled_address(self) -> int:
        """Of the first entry; 0 when calls go elsewhere, for good or for now."""
        first = next(iter(self._serving()), None)
        return first.address if first else 0

    def counting_address(self, calls: int) -> int:
        """Of machine code that runs so many calls in CPython, and asks about the next one."""
        self._countdown.value = calls + 1
        first = next(iter(self._serving()), None)
        return first.loaded["throttle"] if first else 0

    def _serving(self) -> list[Entry]:
        is_serving = self.enabled and not (self._settled or self._depth) and self.carrier.is_alive()
        return self.entries[:1] if is_serving else []

    def retire(self, slower: float) -> None:
        """Compiled code takes `slower` times as long as CPython."""
        self.counters["retired"] += 1
        self.slower = slower
        with _lock:
            self.entries.clear()
            self.settle()

    def disable(self) -> None:
        """Have CPython serve every call."""
        self.enabled = False
        self._send_to_python()

    def _send_to_python(self) -> None:
        if self.enforced:
            self.carrier.set_entry(self.plain_address())
        else:
            self.carrier.release()

    def enable(self) -> None:
        """Undo `disable`."""
        self.enabled = True
        if not self._settled:
            self._relink()

    @staticmethod
    def show(text: str, stage: str) -> str:
        """What the compiler makes of an LLVM text: "optimise" or "assembler_text"."""
        from accel.lower import machine

        made: str = getattr(machine, stage)(text)
        return made

    def recompile(self) -> None:
        """Forget every specialisation and refusal; the next calls make them anew."""
        with _lock:
            self.entries.clear()
            self._refused.clear()
            self._settled, self._wait, self._calls = False, 1, _FIRST_CALLS
            self._trial, self.slower = Trial(), 0.0
            self._countdown.value = 1
            self.carrier.set_entry(self.trigger_address())


def _replace(
    code: CodeType, values: tuple[Any, ...], positional: int, names: tuple[str, ...] | None, converted: dict[str, Any]
) -> tuple[Any, ...]:
    """The values of a call, but for those of some parameters."""
    if names is None and positional <= code.co_argcount:
        return tuple([converted.get(name, value) for name, value in zip(code.co_varnames, values, strict=False)])
    taken = code.co_varnames[: min(positional, code.co_argcount)]
    named = ["" if name in code.co_varnames[: code.co_posonlyargcount] else name for name in names or ()]  # that one goes into `**`
    places = [*taken, *[""] * (positional - len(taken)), *named]
    return tuple([converted.get(name, value) for name, value in zip(places, values, strict=True)])


def _has_loop(code: CodeType) -> bool:
    return _has_steps(code, "BACKWARD", "FOR_ITER")


def _is_small(code: CodeType) -> bool:
    """Whether neither loops nor calls can make one call of it last."""
    return not _has_steps(code, "BACKWARD", "FOR_ITER", "CALL")


def _has_steps(code: CodeType, *words: str) -> bool:
    """Whether there are instructions with one of these words in their names."""
    import opcode

    sought = {number for name, number in opcode.opmap.items() if any(word in name for word in words)}
    return any(op in sought for op in code.co_code[::2])


def find_dispatcher(function: Any) -> Dispatcher | None:
    """The dispatcher of a decorated function. (Its `__dict__` would not tell: `functools.wraps` copies it.)"""
    found = _dispatchers.get(id(function))
    return found[0]() if found else None


def _answer_depth(function: Any, *leaving: None) -> None:
    dispatcher = find_dispatcher(function)
    if dispatcher is not None:
        dispatcher.surface() if leaving else dispatcher.dive()


@atexit.register
def _retreat() -> None:
    """Leave every function to CPython: while the interpreter ends, objects may still call them, and what accel is made of goes."""
    _ended.append(True)
    for found, _ in list(_dispatchers.values()):
        dispatcher = found()
        if dispatcher is not None:
            dispatcher.carrier.release()
    _dispatchers.clear()


def _answer_miss(function: Any, values: tuple[Any, ...], positional: int, names: tuple[str, ...] | None) -> int | tuple[int, tuple[Any, ...]]:
    dispatcher = find_dispatcher(function)
    return dispatcher.answer(values, positional, names) if dispatcher else plain_address()
