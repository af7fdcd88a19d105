"""This module makes the function that callers see, as text of Python: it has the parameters of the tuned one, and sends a call where it belongs.

Of `def f(x, *, tile=16)` it makes

    def f(x, *, tile=unset):
        if tile is unset:
            return decide(x)
        else:
            return function(x, tile=tile)

`decide` is a method in Python at first. Once something is decided, and `f` is compiled, it is

    def decide(x):
        if isinstance(x, ndarray) and x.ndim == 1 and x.dtype.num == 12 and 725 <= x.shape[0] <= 1448:
            return function(x, tile=32)
        else:
            return call(look_up, x)

and both are compiled by accel itself, so that a call which is decided costs some comparisons more than one of `f`.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import itertools
import keyword
import linecache
import operator
from types import FunctionType

from accel.compile_time import ComptimeType
from accel.dispatch.dispatcher import Dispatcher, find_dispatcher
from accel.options import FnOptions
from accel.tuning.keys import PARTS, WAYS, bounds_of, has_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from accel.tuning.keys import Key

__all__ = ["Wrapper"]

_MOST_TESTS = 8  # decisions that are tested one after the other, the last ones made first; all others are looked up
_LITERALS = (bool, int, float, str, type(None))
_BUILTIN: dict[str, Any] = {"int": int, "float": float, "complex": complex, "isinstance": isinstance}
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_numbers = itertools.count(1)  # of the texts


class Wrapper:
    """What stands in for a tuned function.

    Parameters
    ----------
    function : callable
        The tuned function.
    searched : sequence of str
        Its keyword-only parameters that are searched.
    decide : callable
        Answers a call in which none of them is given.
    give : callable
        Answers one in which some are: it takes them as keywords, those not given as `...`.

    Attributes
    ----------
    function : FunctionType
        What callers see.
    positions : dict of str to int or str
        Where the value of each other parameter stands in what `decide` is called with: a place, or a keyword.
    """

    def __init__(self, function: Callable[..., Any], searched: Sequence[str], decide: Callable[..., Any], give: Callable[..., Any]) -> None:
        signature = inspect.signature(function)
        self._tuned, self._searched = function, tuple(searched)
        self._parameters = [p for p in signature.parameters.values() if p.name not in searched]
        self._is_plain = not any(p.kind in _VARIADIC for p in self._parameters)
        self.positions: dict[str, int | str] = {
            p.name: p.name if p.kind is p.KEYWORD_ONLY else place for place, p in enumerate(self._parameters) if p.kind not in _VARIADIC
        }
        name = getattr(function, "__name__", "")
        self._name = name if name.isidentifier() and not keyword.iskeyword(name) else "tuned"  # lambdas have none
        self._own = {base: self._free_name(base) for base in ("function", "decide", "give", "unset", "look_up", "call", "ndarray", *_BUILTIN)}
        decide, give = _as_function(decide), _as_function(give)
        named = {"function": function, "decide": decide, "give": give, "unset": ..., "look_up": decide, "call": operator.call, **_BUILTIN}
        self._space: dict[str, Any] = {self._own[base]: value for base, value in named.items()}
        self._space |= {"__name__": getattr(function, "__module__", None) or "accel.tuning", "__builtins__": vars(builtins)}
        self.function = self._make_front()

    def compile(self, decisions: Mapping[Key, Mapping[str, Any]], parts: tuple[str, ...]) -> bool:
        """Have calls with these keys answered by machine code, when that can be; whether it can. All others are answered by `decide`, as before."""
        tests: list[tuple[str, Mapping[str, Any]]] = []
        for key, chosen in list(decisions.items())[::-1]:
            test = self._test_of(key, parts) if self._is_plain and len(tests) < _MOST_TESTS else None
            if test is not None and all(type(value) in _LITERALS for value in chosen.values()):
                tests.append((test, chosen))
        if not tests or not self._is_compiled():
            return False
        import numpy

        self._space[self._own["ndarray"]] = numpy.ndarray
        chain = self._make_chain(tests)
        if find_dispatcher(self.function) is None:
            shown = self.function.__dict__.get("accel")  # of what is tuned, not of what stands in front of it
            Dispatcher(self.function, FnOptions(), inspect=lambda _: shown).attach()  # nobody asked to have this one compiled: no hints about it
        self._space[self._own["decide"]] = chain
        return True

    def reset(self) -> None:
        """Have all calls answered by `decide` again."""
        self._space[self._own["decide"]] = self._space[self._own["look_up"]]

    def _free_name(self, base: str) -> str:
        """A name that is none of the parameters'."""
        name = f"_{base}"
        while name in self._searched or any(p.name == name for p in self._parameters):
            name = f"_{name}"
        return name

    def _make_front(self) -> FunctionType:
        own, searched = self._own, self._searched
        none = " and ".join([f"{name} is {own['unset']}" for name in searched])
        every = " and ".join([f"{name} is not {own['unset']}" for name in searched])
        given = ", ".join([*self._arguments(), *[f"{name}={name}" for name in searched], *self._rest()])
        lines = [
            f"    if {none}:",
            f"        return {own['decide']}({', '.join([*self._arguments(), *self._rest()])})",
            f"    elif {every}:",
            f"        return {own['function']}({given})",
            "    else:",
            f"        return {own['give']}({given})",
        ]
        made = self._make(self._list_parameters([f"{name}={own['unset']}" for name in searched]), lines)
        functools.update_wrapper(made, self._tuned)
        made.__annotations__ = dict.fromkeys(searched, ComptimeType(object))
        return made

    def _make_chain(self, tests: list[tuple[str, Mapping[str, Any]]]) -> FunctionType:
        lines = []
        for word, (test, chosen) in zip(["if", *["elif"] * len(tests)], tests, strict=False):
            values = [f"{name}={value!r}" for name, value in chosen.items()]
            lines += [f"    {word} {test}:", f"        return {self._own['function']}({', '.join([*self._arguments(), *values])})"]
        answer = ", ".join([self._own["look_up"], *self._arguments()])
        return self._make(self._list_parameters([]), [*lines, "    else:", f"        return {self._own['call']}({answer})"])

    def _make(self, parameters: str, lines: list[str]) -> FunctionType:
        """A function with these parameters and this body, whose text can be found."""
        filename = f"<tuned {self._name} {next(_numbers)}>"
        text = "\n".join([f"def {self._name}({parameters}):", *lines, ""])
        linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
        found: dict[str, Any] = {}
        exec(compile(text, filename, "exec", dont_inherit=True), self._space, found)
        made: FunctionType = found[self._name]
        return made

    def _list_parameters(self, searched: list[str]) -> str:
        """The parameters as they stand in a `def`, with these behind all other keyword-only ones."""
        told, kinds = [], [p.kind for p in self._parameters]
        for number, p in enumerate(self._parameters):
            if p.kind is p.VAR_KEYWORD:
                continue
            if p.kind is p.KEYWORD_ONLY and not any(kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL) for kind in kinds[:number]):
                told.append("*")
            text = f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name
            if p.default is not p.empty:
                self._space[name := self._free_name(f"default_{p.name}")] = p.default
                text += f"={name}"
            told.append(text)
            if p.kind is p.POSITIONAL_ONLY and kinds[number + 1 : number + 2] != [p.POSITIONAL_ONLY]:
                told.append("/")
        is_behind = any(p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL) for p in self._parameters)
        return ", ".join([*told, *(["*"] if searched and not is_behind else []), *searched, *self._rest()])

    def _arguments(self) -> list[str]:
        """What hands the parameters on, as it stands in a call."""
        told = []
        for p in self._parameters:
            if p.kind is not p.VAR_KEYWORD:
                told.append(f"*{p.name}" if p.kind is p.VAR_POSITIONAL else f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else p.name)
        return told

    def _rest(self) -> list[str]:
        return [f"**{p.name}" for p in self._parameters if p.kind is p.VAR_KEYWORD]

    def _is_compiled(self) -> bool:
        """Whether the tuned function has machine code, so that calling it from machine code is worth something."""
        dispatcher = find_dispatcher(self._tuned)
        return dispatcher is not None and bool(dispatcher.entries) and not any(p.role for p in dispatcher.enforced)

    def _test_of(self, key: Key, parts: tuple[str, ...]) -> str | None:
        """What is true of the arguments of calls with this key; None when that can't be asked in machine code."""
        shape, dtype = "shape" in parts, "dtype" in parts
        items = list(key)
        tests: list[str | None] = []
        if shape or dtype:
            for p in self._parameters:
                tests.append(self._test_of_item(p.name, items.pop(0), shape=shape, dtype=dtype))
        for name in parts:
            if name not in PARTS:
                tests.append(self._test_of_value(name, items.pop(0)[1]))
        if items or None in tests:  # threads are left
            return None
        return " and ".join([test for test in tests if test]) or "True"

    def _test_of_item(self, name: str, item: tuple[Any, ...], *, shape: bool, dtype: bool) -> str | None:
        kind, buckets = (item[0], item[1:]) if dtype else ("", item)
        way, buckets = (buckets[-1], buckets[:-1]) if buckets and buckets[-1] in WAYS else (None, buckets)
        if kind in _BUILTIN and not buckets:
            return f"{self._own['isinstance']}({name}, {self._own[kind]})"
        if kind == "NoneType":
            return f"{name} is None"
        number = _number_of(kind) if dtype else None
        if (dtype and number is None) or not (shape and buckets):
            return None
        tests = [f"{self._own['isinstance']}({name}, {self._own['ndarray']})", f"{name}.ndim == {len(buckets)}"]
        if dtype:
            tests.append(f"{name}.dtype.num == {number}")
        for axis, bucket in enumerate(buckets):
            low, high = bounds_of(bucket)
            tests.append(f"{low} <= {name}.shape[{axis}] <= {high}")
        return " and ".join([*tests, *_test_rows(name, [axis for axis, bucket in enumerate(buckets) if has_rows(bucket)], way)])

    def _test_of_value(self, name: str, value: Any) -> str | None:
        if type(value) is int:
            low, high = bounds_of(value)
            return f"{self._own['isinstance']}({name}, {self._own['int']}) and {low} <= {name} <= {high}"
        return f"{name} is {value}" if value is None or type(value) is bool else None


def _test_rows(name: str, axes: list[int], way: str | None) -> list[str]:
    """What is true of how far apart the rows of an array lie: it is that of `WAYS`, and none of those before it."""
    tests: list[str] = []
    for known, (size, rest) in WAYS.items():
        found = [f"({name}.strides[{axis}] % {size} == {rest} and {name}.strides[{axis}] != 0)" for axis in axes]
        if known == way:
            return [*tests, f"({' or '.join(found)})"]
        tests += [f"not {test}" for test in found]
    return tests


def _as_function(called: Callable[..., Any]) -> Callable[..., Any]:
    """A function that calls something: machine code that mentions a method can't be found again in another process."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return called(*args, **kwargs)

    return call


def _number_of(dtype: str) -> int | None:
    """The number NumPy has for a dtype of numbers in the order of bytes of this machine; None for any other."""
    import numpy

    try:
        found = numpy.dtype(dtype)
    except TypeError:
        return None
    return found.num if found.isbuiltin == 1 and found.kind in "biufc" else None
