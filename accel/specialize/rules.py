"""The kinds an instruction gives, from the kinds it takes: one method per op of the flow."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any, Protocol

from accel.ir import Call, Facts, Fault, Instruction, TypedFunction
from accel.specialize.known import find_known_name
from accel.specialize.lookup import MISSING, Lookup
from accel.specialize.python_steps import PythonSteps
from accel.specialize.strip_rules import is_gate_possible
from accel.types import arrays, functions, operators
from accel.types.kinds import (
    DTYPES,
    Array,
    Bool,
    Complex,
    EnumerateIterator,
    Float,
    Int,
    Kind,
    Nested,
    Never,
    NoneKind,
    Range,
    Scalar,
    Slice,
    Static,
    Tuple,
    TupleIterator,
    ZipIterator,
    members_of,
)

__all__ = ["KindRules", "constant_kind", "python_function"]

Kinds = tuple[Kind, ...]
_ITERATORS = (EnumerateIterator, ZipIterator)
_module_of: Callable[[type], Any] = type.__dict__["__module__"].__get__  # a metaclass can't interfere


class Specializing(Protocol):
    """What the rules ask of the specializer."""

    def typed(self, function: FunctionType | Facts, kinds: Kinds) -> TypedFunction:
        """Another function, typed for arguments of these kinds."""

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
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, numpy.generic) and kind is value.dtype.type:
        return Scalar(value.dtype.char) if value.dtype.char in DTYPES else None
    return None


def python_function(value: Any) -> FunctionType | None:
    """The plain function behind a function or a decorated one."""
    if type(value) is FunctionType:
        return value
    inner = value._function if str(_module_of(type(value))).partition(".")[0] == "accel" and hasattr(value, "_function") else None
    return inner if type(inner) is FunctionType else None


class KindRules:
    """Result kinds of instructions; `typed` receives what else is found (constants, calls)."""

    def __init__(self, typed: TypedFunction, facts: Facts, lookup: Lookup, specializer: Specializing) -> None:
        self.typed, self.facts, self.lookup = typed, facts, lookup
        self.typer, self.nested = specializer.typed, specializer.nested
        self.python = PythonSteps(typed, lookup)

    def results(self, instruction: Instruction, kinds: Kinds) -> Kinds | Fault:
        """Kinds of the targets, or why CPython must do it."""
        method: Callable[[Instruction, Kinds], Any] = getattr(self, f"op_{instruction.op}")
        result = method(instruction, kinds)
        if result is None:
            result = self.python.kind(instruction, kinds)
            if result is None:
                return self.fault(instruction, kinds)
            return (result,) if instruction.targets else ()
        if isinstance(result, Kind):
            return (result,)
        return result  # type: ignore[no-any-return]

    def fault(self, instruction: Instruction, kinds: Kinds) -> Fault:
        """What to say when there is no rule."""
        found = ", ".join(map(_shown, kinds))
        if instruction.op in ("binary", "inplace", "compare", "unary"):
            return Fault(instruction.node, f"`{instruction.detail}` of {found}", "unsupported-operator")
        if instruction.op == "call":
            name = instruction.detail[0] or _shown(kinds[0])
            return Fault(instruction.node, f"a call of {name} with ({', '.join(map(_shown, kinds[1:]))})", "unsupported-call")
        if instruction.op == "attribute":
            return Fault(instruction.node, f"attribute `{instruction.detail}` of {found}", "unsupported-operation")
        return Fault(instruction.node, f"`{instruction.op}` of {found}", "unsupported-operation")

    # -- values

    def constant(self, instruction: Instruction, value: Any) -> Kind:
        """The kind of a value known while compiling."""
        kind = constant_kind(value)
        if kind is None:
            return Static(value)
        self.typed.constants[id(instruction)] = value
        return kind

    def op_const(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return self.constant(instruction, instruction.detail)

    def op_static(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault:
        value = self.lookup.find_global(instruction.detail)
        if value is MISSING:
            return Fault(instruction.node, f"the name `{instruction.detail}`, which is not defined", "undefined-name")
        return self.constant(instruction, value)

    def op_cell(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault:
        value = self.lookup.find_cell(instruction.detail)
        if value is MISSING:
            return Fault(instruction.node, f"the closure variable `{instruction.detail}`, which is empty", "undefined-name")
        return self.constant(instruction, value)

    def op_copy(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        named = not instruction.targets[0].startswith("%")
        return None if named and isinstance(kinds[0], _ITERATORS) else kinds[0]

    def op_tuple(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return Tuple(kinds)

    def op_unpack(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        kind = kinds[0]
        return kind.items if isinstance(kind, Tuple) and len(kind.items) == instruction.detail else None

    def op_slice(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return Slice(*kinds) if all(isinstance(k, NoneKind) or arrays.is_index(k) for k in kinds) else None

    def op_closure(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        facts = self.facts.nested.get(instruction.detail)
        if facts is None:
            return None
        kind = Nested(facts.source.code, facts.captured)
        self.nested(kind, facts)
        return kind

    # -- operators

    def op_binary(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return operators.joined_kind(lambda *k: operators.binary_kind(instruction.detail, *k), kinds)

    op_inplace = op_binary

    def op_unary(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return operators.joined_kind(lambda *k: operators.unary_kind(instruction.detail, *k), kinds)

    def op_compare(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        symbol = instruction.detail
        if symbol in ("in", "not in"):
            return self.membership(kinds)
        return operators.joined_kind(lambda *k: operators.compare_kind(symbol, *k), kinds)

    def membership(self, kinds: Kinds) -> Kind | None:
        """`x in (1, 2, 3)`."""
        if not isinstance(kinds[1], Tuple):
            return None
        equal = [operators.joined_kind(lambda *k: operators.compare_kind("==", *k), (kinds[0], i)) for i in kinds[1].items]
        return None if None in equal else Bool()

    def op_truth(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        plain = (Int, Float, Bool, Complex, NoneKind, Scalar, Tuple)
        return Bool() if all(isinstance(m, plain) for m in members_of(kinds[0])) else None

    # -- arrays, tuples, loops

    def op_item(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return arrays.item_kind(kinds[0], kinds[1:])

    def op_set_item(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        base, indexes, value = kinds[0], kinds[1:-1], kinds[-1]
        if not isinstance(base, Array) or not base.writeable or len(indexes) != base.ndim:
            return None
        plain = (Int, Float, Bool, Complex, Scalar)
        if not all(arrays.is_index(i) for i in indexes) or not all(isinstance(m, plain) for m in members_of(value)):
            return None
        return ()

    def op_attribute(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        if isinstance(kinds[0], Static):
            value = self.lookup.find_attribute(kinds[0].value, instruction.detail)
            return None if value is MISSING else self.constant(instruction, value)
        if isinstance(kinds[0], (Complex, Scalar)) and instruction.detail in ("real", "imag"):
            return functions.function_kind(f"attribute.{instruction.detail}", kinds)
        return arrays.attribute_kind(kinds[0], instruction.detail)

    def op_iterate(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return arrays.iterator_kind(kinds[0])

    def op_next(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        item = arrays.next_kind(kinds[0])
        if isinstance(kinds[0], TupleIterator) and not kinds[0].tuple.items:
            item = Never()
        return None if item is None else (item, kinds[0])

    # -- strips of loops

    def op_strip_gate(self, instruction: Instruction, kinds: Kinds) -> Kind:
        if not is_gate_possible(instruction.detail, kinds):
            self.typed.constants[id(instruction)] = False
        return Bool()

    def op_strip_more(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return Bool()

    op_strip_count = op_strip_failed = op_strip_more

    def op_strip_item(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return Int()

    op_strip_turn = op_strip_item

    def op_strip_begin(self, instruction: Instruction, kinds: Kinds) -> Kinds:
        return ()

    op_strip_write = op_strip_begin

    def op_strip_ahead(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return kinds[0]

    def op_strip_affine(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return Int() if kinds == (Int(), Int()) else None

    def op_strip_get(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return arrays.item_kind(kinds[0], kinds[1:])

    def op_strip_put(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        plain = (Int, Float, Bool, Scalar)
        return () if isinstance(kinds[0], Array) and all(isinstance(m, plain) for m in members_of(kinds[1])) else None

    # -- calls

    def op_call(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        method, keywords, captured = instruction.detail
        callee, arguments = kinds[0], kinds[1 + len(captured) :]
        if isinstance(callee, Nested):
            return self.nested_call(instruction, callee, kinds)
        if isinstance(callee, Complex) and method == "conjugate" and not arguments:
            self.typed.calls[id(instruction)] = Call("complex.conjugate")
            return Complex()
        value: Any = callee.value if isinstance(callee, Static) else None
        if method:
            value = self.lookup.find_attribute(value, method) if isinstance(callee, Static) else MISSING
            if value is MISSING:
                return None
        if not isinstance(callee, Static):
            return None
        name = find_known_name(value)
        if name:
            self.typed.calls[id(instruction)] = Call(name)
            return None if keywords else self.known_call(name, arguments, instruction)
        function = python_function(value)
        return self.function_call(instruction, function, arguments, keywords) if function else None

    def known_call(self, name: str, kinds: Kinds, instruction: Instruction) -> Kind | None:
        """A call of a function the compiler knows by name."""
        match name, kinds:
            case "builtins.range", (_, *_):
                return Range() if len(kinds) <= 3 and all(isinstance(k, Bool) or arrays.is_index(k) for k in kinds) else None
            case "builtins.enumerate", (first, *start):
                inner = arrays.iterator_kind(first)
                return EnumerateIterator(inner) if inner and start in ([], [Int()]) else None
            case "builtins.zip", _:
                inners = tuple(k for k in map(arrays.iterator_kind, kinds) if k)
                return ZipIterator(inners) if len(inners) == len(kinds) > 0 else None
            case "builtins.len", (Array(ndim=n),):
                return Int() if n else None
            case "builtins.len", (Range(),):
                return Int()
            case "builtins.isinstance", (_, Static(value=classes)):
                return self.is_instance(instruction, kinds[0], classes)
        return operators.joined_kind(lambda *k: functions.function_kind(name, k), kinds)

    def is_instance(self, instruction: Instruction, kind: Kind, classes: Any) -> Kind | None:
        """`isinstance(x, int)`, known while compiling unless x is a union."""
        if type(classes) is not type or classes.__module__ != "builtins":
            return None
        answers = {
            issubclass(_CLASSES[type(m)], classes) for m in members_of(kind) if type(m) in _CLASSES and isinstance(classes, type)
        }
        if len(answers) != 1 or not all(type(m) in _CLASSES for m in members_of(kind)):
            return None
        return self.constant(instruction, answers.pop())

    def nested_call(self, instruction: Instruction, callee: Nested, kinds: Kinds) -> Kind | Fault | None:
        """A call of a nested function: what it captures goes in front of the arguments."""
        _, keywords, captured = instruction.detail
        if captured != callee.captured:
            return None
        facts = self.nested(callee, None)
        bound = _bind(facts.source.function, len(kinds) - 1 - len(captured) - len(keywords), keywords)
        if bound is None or callee.code.co_flags & _NO_PLAIN_CALL:
            return None
        shifted = tuple((what, value + len(captured)) for what, value in bound)
        every = (*(("argument", k) for k in range(len(captured))), *shifted)
        parameters = tuple(kinds[1 + value] for _, value in every)
        if any(isinstance(k, (Static, Nested, *_ITERATORS)) for k in parameters):
            return None
        typed = self.typer(facts, parameters)
        self.typed.calls[id(instruction)] = Call("", typed, every)
        return typed.result

    def function_call(
        self, instruction: Instruction, function: FunctionType, kinds: Kinds, keywords: tuple[str, ...]
    ) -> Kind | Fault | None:
        """A call of a Python function: typed for these arguments."""
        bound = _bind(function, len(kinds) - len(keywords), keywords)
        if bound is None or function.__code__.co_flags & _NO_PLAIN_CALL:
            return None
        parameters = []
        for what, value in bound:
            kind = kinds[value] if what == "argument" else constant_kind(value)
            if kind is None or isinstance(kind, (Static, *_ITERATORS)):
                return None
            parameters.append(kind)
        self.lookup.watch_function(function)
        callee = self.typer(function, tuple(parameters))
        self.typed.calls[id(instruction)] = Call("", callee, bound)
        return callee.result


_NO_PLAIN_CALL = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR  # calling it does not run it
_CLASSES: dict[type[Kind], type] = {Int: int, Float: float, Bool: bool, Complex: complex, NoneKind: type(None), Tuple: tuple}


def _bind(function: FunctionType, positional: int, keywords: tuple[str, ...]) -> tuple[tuple[str, Any], ...] | None:
    """Where each parameter gets its value from; None when the call does not fit (CPython raises)."""
    code = function.__code__
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if positional > code.co_argcount:
        return None
    given: dict[str, tuple[str, Any]] = {n: ("argument", k) for k, n in enumerate(names[:positional])}
    for k, keyword in enumerate(keywords):
        if keyword in given or keyword not in names[code.co_posonlyargcount :]:
            return None
        given[keyword] = ("argument", positional + k)
    defaults = function.__defaults__ or ()
    optional = dict(zip(names[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
    optional |= function.__kwdefaults__ or {}
    if any(n not in given and n not in optional for n in names):
        return None
    return tuple(given.get(n) or ("default", optional[n]) for n in names)


def _shown(kind: Kind) -> str:
    """A kind as messages have it: for an object that is known, its name."""
    text = str(kind)
    return text[len("static(") : -1] if isinstance(kind, Static) else text
