"""The kinds a call gives: of functions the compiler knows by name, of methods of numbers, of Python functions, of nested ones."""

from __future__ import annotations

import inspect
import sys
from itertools import zip_longest
from types import CodeType, FunctionType
from typing import Any, Protocol

from accel.ir import Call, Facts, Fault, Instruction, TypedFunction
from accel.specialize.known import bind_known, find_known_name
from accel.specialize.lookup import MISSING, Lookup
from accel.specialize.python_steps import PythonSteps
from accel.types import arrays, functions, methods, operators
from accel.types.annotations import comptime_parameters, evaluates_early
from accel.types.field_arrays import holds_array, is_held
from accel.types.frozen import find_layout
from accel.types.kinds import (
    DTYPES,
    Array,
    Bool,
    Complex,
    Constant,
    EnumerateIterator,
    FieldArray,
    Float,
    Int,
    Kind,
    Nested,
    NoneKind,
    Range,
    RangeIterator,
    Scalar,
    Static,
    StructArray,
    Tuple,
    Vector,
    View,
    ZipIterator,
    is_value,
    members_of,
)  # fmt: skip
from accel.types.ownership import move
from accel.types.simd import shape_of_class

__all__ = ["ITERATORS", "CallRules", "Specializing", "constant_kind", "is_constant_of", "python_function", "spread_kinds"]

Kinds = tuple[Kind, ...]
ITERATORS = (EnumerateIterator, RangeIterator, ZipIterator)


class Specializing(Protocol):
    """What the rules ask of the specializer."""

    written: set[tuple[Any, ...]]  # keys of guards on what compiled code binds: they would not hold

    def typed(self, function: FunctionType | Facts, kinds: Kinds) -> TypedFunction | None:
        """Another function, typed for arguments of these kinds; None when that would not end."""

    def nested(self, kind: Nested, facts: Facts | None) -> Facts:
        """The facts of a nested function, noted at its definition."""


def constant_kind(value: Any) -> Kind | None:
    """The kind of a constant whose value goes into the machine code, None if it can't."""
    kind = type(value)
    if kind is int:
        return Int() if -(2**63) <= value < 2**63 else None
    if kind in (float, bool, complex, type(None)):
        return {float: Float(), bool: Bool(), complex: Complex(), type(None): NoneKind()}[kind]
    if kind is tuple:
        items = [constant_kind(v) for v in value]
        return None if None in items else Tuple(tuple(k for k in items if k is not None))
    if (layout := find_layout(kind)) is not None:
        held = [getattr(value, name, ...) for name in layout.kind.names]
        return layout.kind if is_held(layout.kind) and all(map(is_constant_of, layout.kind.items, held)) else None
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, numpy.generic) and kind is value.dtype.type:
        return Scalar(value.dtype.char) if value.dtype.char in DTYPES else None
    return None


def is_constant_of(kind: Kind, value: Any) -> bool:
    """Whether a constant is what a field of this kind holds."""
    if isinstance(kind, Tuple) and type(value) is tuple and len(value) == len(kind.items):
        return all(map(is_constant_of, kind.items, value))
    if isinstance(kind, Vector):
        lanes = getattr(value, "_lanes", b"")
        return shape_of_class(type(value)) == (kind.char, kind.lanes) and type(lanes) is bytes and len(lanes) == kind.lanes * kind.dtype.size_bytes
    return holds_array(kind, value) if isinstance(kind, FieldArray) else constant_kind(value) == kind


def python_function(value: Any) -> FunctionType | None:
    """The value if it is a function, decorated or not."""
    return value if issubclass(type(value), FunctionType) else None


_OF_TEXTS = {"builtins.float": float, "builtins.int": int}


def _number_of(kind: type, arguments: Kinds) -> Any:
    """What `float("inf")` and the like give; None when that is not known, or raises."""
    match arguments:
        case (Static(value=text),) if type(text) is str:
            try:
                return kind(text)
            except ValueError:
                return None
    return None


class CallRules:
    """Result kinds of calls; `typed` receives what is called."""

    def __init__(self, typed: TypedFunction, facts: Facts, lookup: Lookup, specializer: Specializing) -> None:
        self.typed, self.facts, self.lookup = typed, facts, lookup
        self.typer, self.nested, self.written = specializer.typed, specializer.nested, specializer.written
        self.python = PythonSteps(typed, lookup)

    def constant(self, instruction: Instruction, value: Any) -> Kind:
        """The kind of a value known while compiling."""
        kind = constant_kind(value)
        if kind is None:
            return Static(value)
        self.typed.constants[id(instruction)] = value
        return kind

    def op_call(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        method, keywords, captured, _ = instruction.detail
        callee, arguments = kinds[0], kinds[1 + len(captured) :]
        if isinstance(callee, Nested):
            return self.nested_call(instruction, callee, kinds)
        value: Any = callee.value if isinstance(callee, Static) else None
        if method:
            if not isinstance(callee, Static):
                return None if keywords else self.method_call(instruction, method, (callee, *arguments))
            value = self.lookup.find_attribute(value, method)
            if value is MISSING:
                return None
        if not isinstance(callee, Static):
            return None
        if value is move:
            made = self.python.take_over(instruction, kinds, value)
            return Fault(instruction.node, f"`move` of {', '.join(map(str, arguments))}", "unsupported-call", "compiled code moves arrays") if made is None else made
        name = find_known_name(value)
        if name in _OF_TEXTS and not keywords and (number := _number_of(_OF_TEXTS[name], arguments)) is not None:
            return self.constant(instruction, number)
        if name:
            strict: Any = False
            if name == "builtins.zip" and keywords == ("strict",):
                (strict,), arguments, keywords = self.python.constants(instruction, (-1,)), arguments[:-1], ()
                if type(strict) is not bool:
                    return None
            bound = bind_known(name, len(arguments) - len(keywords), keywords)
            if bound is None:
                return None
            self.typed.calls[id(instruction)] = Call(name, None, bound)
            given = tuple(arguments[v] if what == "argument" else Float() for what, v in bound)
            made = self.known_call(name, given, instruction)
            return ZipIterator(made.inner, True) if strict and isinstance(made, ZipIterator) else made
        function = python_function(value)
        return self.function_call(instruction, function, arguments, keywords) if function else None

    def op_spread_call(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        """A call with `*`, of a Python function or of one known by name. What hands out iterators or classes is left out."""
        method, keywords, _, _, starred = instruction.detail
        callee, *arguments = spread_kinds(kinds, starred)
        if isinstance(callee, Nested):
            return self.nested_call(instruction, callee, (callee, *arguments))
        if not isinstance(callee, Static):
            return None
        value = self.lookup.find_attribute(callee.value, method) if method else callee.value
        if function := python_function(value):
            return self.function_call(instruction, function, tuple(arguments), keywords)
        name = find_known_name(value)
        bound = bind_known(name, len(arguments) - len(keywords), keywords) if name else None
        if bound is None:
            return None
        self.typed.calls[id(instruction)] = Call(name, None, bound)
        given = tuple(arguments[v] if what == "argument" else Float() for what, v in bound)
        return operators.joined_kind(lambda *k: functions.function_kind(name, k), given)

    def known_call(self, name: str, kinds: Kinds, instruction: Instruction) -> Kind | None:
        """A call of a function the compiler knows by name."""
        match name, kinds:
            case "builtins.range", (_, *_):
                return Range() if len(kinds) <= 3 and all(isinstance(k, Bool) or arrays.is_index(k) for k in kinds) else None
            case "builtins.enumerate", (first, *start):
                inner = arrays.iterator_kind(first)
                return EnumerateIterator(inner) if inner and start in ([], [Int()]) else None
            case "builtins.reversed", (Range(),):
                return RangeIterator()
            case "builtins.type", (kind,):
                classes = {methods.class_of(m) for m in members_of(kind)}
                return Static(classes.pop()) if len(classes) == 1 and None not in classes else None
            case "builtins.zip", _:
                inners = tuple(k for k in map(arrays.iterator_kind, kinds) if k)
                return ZipIterator(inners) if len(inners) == len(kinds) > 0 else None
            case "builtins.len", (FieldArray() | StructArray(),):
                return Int()
            case "builtins.len", (Array(ndim=n),):
                return Int() if n else None
            case "builtins.len", (Range(),):
                return Int()
            case "builtins.isinstance", (kind, classes):
                answers = {methods.instance_answer(m, classes) for m in members_of(kind)}
                if len(answers) == 1 and None not in answers:
                    return self.constant(instruction, answers.pop())
        return operators.joined_kind(lambda *k: functions.function_kind(name, k), kinds)

    def method_call(self, instruction: Instruction, method: str, kinds: Kinds) -> Kind | None:
        """A call of a method of a number."""
        made = operators.joined_kind(lambda *k: functions.function_kind(f"method.{method}", k), kinds)
        if made is not None:
            operands = tuple(("argument", k) for k in range(len(kinds) - 1))
            self.typed.calls[id(instruction)] = Call(f"method.{method}", None, (("receiver", 0), *operands))
        return made

    def nested_call(self, instruction: Instruction, callee: Nested, kinds: Kinds) -> Kind | Fault | None:
        """A call of a nested function: what it captures goes in front of the arguments."""
        _, keywords, captured, written, *_ = instruction.detail
        if (captured, written) != (callee.captured, callee.written):
            return None
        facts = self.nested(callee, None)
        bound = _bind(facts.source.function, len(kinds) - 1 - len(captured) - len(keywords), keywords)
        if bound is None or not _can_be_compiled_along(callee.code):
            return None
        every = (*(("argument", k) for k in range(len(captured))), *(_shifted(*b, len(captured)) for b in bound))
        parameters: list[Kind] = []
        for what, value in every:
            kind = _parameter_kind(what, value, kinds[1:])
            carries = isinstance(kind, Nested) and kind.captured and len(parameters) >= len(captured)
            if (
                kind is None or carries or isinstance(kind, ITERATORS)
            ):  # what a function given as an argument captures is not at hand
                return None
            parameters.append(kind)
        typed = self.typer(facts, tuple(parameters))
        if typed is None or _takes_over(typed):
            return None
        self.typed.calls[id(instruction)] = Call("", typed, every)
        return typed.result

    def function_call(
        self, instruction: Instruction, function: FunctionType, kinds: Kinds, keywords: tuple[str, ...], *, operands: tuple[int, ...] | None = None
    ) -> Kind | Fault | None:
        """A call of a Python function: typed for these arguments, which are those `operands` of the instruction, else all behind the first."""
        bound = _bind(function, len(kinds) - len(keywords), keywords)
        if bound is None or not _can_be_compiled_along(function.__code__, is_whole=not evaluates_early(function)):
            return None
        parameters: list[Kind] = []
        known = comptime_parameters(function).values() if function.__annotations__ else ()
        for k, (what, value) in enumerate(bound):
            kind = self.known_kind(instruction, (what, value), kinds, operands) if k in known else _parameter_kind(what, value, kinds)
            if kind is None and k in known:
                name = function.__code__.co_varnames[k]
                return Fault(instruction.node, f"a call of `{function.__name__}` with a value of `{name}` that is not known while compiling", "comptime-value")
            if kind is None or isinstance(kind, (Nested, *ITERATORS)):
                return None
            parameters.append(kind)
        shown = function.__dict__.get("accel")
        if shown is not None and shown.function is not function:  # that of another one, in front of which it stands
            shown = None
        if getattr(shown, "runs_loops", False):
            return None
        for p in shown.enforced if shown is not None else ():
            given = parameters[p.position]
            fits = bound[p.position][0] == "default" or p.takes_kind(p.refine(given) if isinstance(given, View) else given)
            if isinstance(given, View) or (p.role == "Borrowed" and fits):
                parameters[p.position] = p.refine(given)
            if not fits:  # it raises, maybe
                what = f"a call of `{function.__name__}` with {parameters[p.position]} for `{p.name}`"
                return Fault(instruction.node, what, "unsupported-call", f"it takes {p.text}", ("pass what the annotation says, or drop it",))
        self.lookup.watch_function(function)
        callee = self.typer(function, tuple(parameters))
        if callee is None or _takes_over(callee):
            return None
        self.typed.calls[id(instruction)] = Call("", callee, bound, operands)
        return callee.result


    def known_kind(self, instruction: Instruction, bound: tuple[str, Any], kinds: Kinds, operands: tuple[int, ...] | None) -> Kind | None:
        """The kind of an argument that is to be known while compiling; None where it is not."""
        what, value = bound
        if what == "default":
            return Constant(value)
        if what != "argument" or instruction.op == "spread_call":
            return None
        if isinstance(kinds[value], Static):
            return Constant(kinds[value].value)
        found = self.python.constants(instruction, (1 + value if operands is None else operands[value],))[0]
        return None if found is ... else Constant(found)


def _takes_over(callee: TypedFunction) -> bool:
    """Whether a function moves arrays: those that call it may have names for them, and would not know that they are read-only now."""
    return any(step.takes_over for step in callee.steps.values())


_LOOKING_AT_CALLERS = frozenset(
    "_getframe _getframemodulename currentframe extract_stack format_stack getouterframes print_stack walk_stack warn stacklevel".split()
)


def _can_be_compiled_along(code: CodeType, *, is_whole: bool = True) -> bool:
    """Whether a function may be compiled with one that calls it. Not one that looks for its callers' frames: where it leaves, those
    that are compiled have none. What is inside one that is not whole yet may vanish while compiling."""
    if code.co_flags & _NO_PLAIN_CALL or not _LOOKING_AT_CALLERS.isdisjoint(code.co_names):
        return False
    return not is_whole or all(_can_be_compiled_along(inner) for inner in code.co_consts if isinstance(inner, CodeType))


_NO_PLAIN_CALL = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR  # calling it does not run it


def _bind(function: FunctionType, positional: int, keywords: tuple[str, ...]) -> tuple[tuple[str, Any], ...] | None:
    """Where each parameter gets its value from; None when the call does not fit (CPython raises)."""
    code = function.__code__
    takes_more = code.co_flags & inspect.CO_VARARGS
    if code.co_flags & inspect.CO_VARKEYWORDS or (positional > code.co_argcount and not takes_more):
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given: dict[str, tuple[str, Any]] = {n: ("argument", k) for k, n in enumerate(names[: min(positional, code.co_argcount)])}
    for k, keyword in enumerate(keywords):
        if keyword in given or keyword not in names[code.co_posonlyargcount :]:
            return None
        given[keyword] = ("argument", positional + k)
    defaults = function.__defaults__ or ()
    optional = dict(zip(names[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
    optional |= function.__kwdefaults__ or {}
    if any(n not in given and n not in optional for n in names):
        return None
    rest = [("rest", tuple(range(code.co_argcount, positional)))] if takes_more else []
    return (*(given.get(n) or ("default", optional[n]) for n in names), *rest)


def spread_kinds(kinds: Kinds, starred: tuple[bool, ...]) -> Kinds:
    """`kinds`, with the items of those tuples in place of them that stand behind a `*`.

    >>> [str(kind) for kind in spread_kinds((Int(), Tuple((Float(), Bool()))), (False, True))]
    ['int', 'float', 'bool']
    """
    made: list[Kind] = []
    for kind, is_starred in zip_longest(kinds, starred, fillvalue=False):
        made += kind.items if is_starred and isinstance(kind, Tuple) else [kind]  # type: ignore[list-item]
    return tuple(made)


def _shifted(what: str, value: Any, distance: int) -> tuple[str, Any]:
    """Where a parameter gets its value from when so many arguments come in front."""
    match what:
        case "argument":
            return what, value + distance
        case "rest":
            return what, tuple(k + distance for k in value)
    return what, value


def _parameter_kind(what: str, value: Any, kinds: Kinds) -> Kind | None:
    """The kind of a parameter bound to arguments of these kinds; None when it can't be passed."""
    match what:
        case "argument":
            kind: Kind = kinds[value]
            return kind
        case "rest":
            items = tuple(kinds[k] for k in value)
            return Tuple(items) if all(map(is_value, items)) else None
    return constant_kind(value)
