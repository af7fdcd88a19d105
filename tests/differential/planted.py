"""Decorators that are wrong on purpose, each in one way: what the fuzzer must find."""

from __future__ import annotations

import ast
import ctypes
import functools
import inspect
import time
import warnings
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from tests.differential.ufuncs import LoopUfunc

__all__ = ["PLANTED", "PLANTED_UFUNCS"]

Function = Callable[..., Any]


def wrong_value(function: Function) -> Function:
    """Floor division that cuts towards zero: the function is rebuilt from its syntax tree."""
    source = inspect.getsource(function)
    tree = ast.parse("\n" * (function.__code__.co_firstlineno - 1) + source)

    class Cut(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            if not isinstance(node.op, ast.FloorDiv):
                return node
            call = ast.Call(ast.Name("_cut", ast.Load()), [node.left, node.right], [])
            return ast.fix_missing_locations(ast.copy_location(call, node))

    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    function.__globals__["_cut"] = lambda a, b: a // b if not (isinstance(a, int) and isinstance(b, int) and b) else int(a / b)
    scope: dict[str, Any] = {}
    exec(compile(Cut().visit(tree), function.__code__.co_filename, "exec"), function.__globals__, scope)
    made: Function = scope[function.__name__]
    function.__globals__.pop(function.__name__, None)
    return made


def wrong_type(function: Function) -> Function:
    """NumPy's floats come back as Python's, bools as ints."""

    def change(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(change, value))
        return int(value) if isinstance(value, bool) else float(value) if isinstance(value, np.float64) else value

    return functools.wraps(function)(lambda *a, **k: change(function(*a, **k)))


def wrong_message(function: Function) -> Function:
    """Exceptions with a text of their own."""

    @functools.wraps(function)
    def call(*positional: Any, **keywords: Any) -> Any:
        try:
            return function(*positional, **keywords)
        except (ZeroDivisionError, IndexError) as error:
            error.args = ("something went wrong",)
            raise

    return call


def wrong_line(function: Function) -> Function:
    """The lines of tracebacks are one too low."""
    assert isinstance(function, FunctionType)
    function.__code__ = function.__code__.replace(co_firstlineno=function.__code__.co_firstlineno + 1)
    return function


def lost_store(function: Function) -> Function:
    """Works on copies of arrays of floats: what is stored in them is lost."""

    def copied(value: Any) -> Any:
        return value.copy() if isinstance(value, np.ndarray) and value.dtype == float else value

    return functools.wraps(function)(lambda *a, **k: function(*map(copied, a), **{n: copied(v) for n, v in k.items()}))


def lost_warning(function: Function) -> Function:
    """Warnings are swallowed."""

    @functools.wraps(function)
    def call(*positional: Any, **keywords: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*positional, **keywords)

    return call


def lost_record(function: Function) -> Function:
    """Works on copies of arrays of structs: what is stored in their records is lost."""

    def copied(value: Any) -> Any:
        return value.copy() if isinstance(value, np.ndarray) and value.dtype.names else value

    return functools.wraps(function)(lambda *a, **k: function(*map(copied, a), **{n: copied(v) for n, v in k.items()}))


def wrong_field(function: Function) -> Function:
    """The floats in structs that come back have lost the sign of zero, and their ints are floats."""

    def change(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(change, value))
        if not hasattr(type(value), "__accel_layout__"):
            return value
        made = object.__new__(type(value))
        for name in value.__slots__:
            held = getattr(value, name)
            getattr(type(value), name).__set__(made, held + 0.0 if type(held) in (int, float) else held)
        return made

    return functools.wraps(function)(lambda *a, **k: change(function(*a, **k)))


def frozen_global(function: Function) -> Function:
    """Names of the module as they were at the decoration."""
    assert isinstance(function, FunctionType)
    frozen = dict(function.__globals__)
    made = FunctionType(function.__code__, frozen, function.__name__, function.__defaults__, function.__closure__)
    frozen[function.__name__] = made
    return made


def crash(function: Function) -> Function:
    """Dies when it gets a negative int."""

    @functools.wraps(function)
    def call(*positional: Any, **keywords: Any) -> Any:
        if any(isinstance(value, int) and value < 0 for value in positional):
            ctypes.string_at(0)
        return function(*positional, **keywords)

    return call


def hang(function: Function) -> Function:
    """Never comes back when it gets a negative int, whatever the alarm says."""

    @functools.wraps(function)
    def call(*positional: Any, **keywords: Any) -> Any:
        while any(isinstance(value, int) and value < 0 for value in positional):
            try:
                time.sleep(1)
            except BaseException:
                pass
        return function(*positional, **keywords)

    return call


PLANTED: dict[str, Function] = {
    "wrong_value": wrong_value,
    "wrong_type": wrong_type,
    "wrong_message": wrong_message,
    "wrong_line": wrong_line,
    "lost_store": lost_store,
    "lost_warning": lost_warning,
    "lost_record": lost_record,
    "wrong_field": wrong_field,
    "frozen_global": frozen_global,
    "crash": crash,
    "hang": hang,
}


class _Wrong(LoopUfunc):
    """The loop, with arrays of results and exceptions changed on purpose; without a change of exceptions zeros come back."""

    def __init__(self, function: Function, results: Function, errors: Function | None) -> None:
        super().__init__(function)
        self.results, self.errors = results, errors

    def __call__(self, *operands: Any) -> Any:
        """What comes of all elements."""
        try:
            found = super().__call__(*operands)
        except Exception as error:
            if self.errors is not None:
                raise self.errors(error) from None
            self.nout = 1
            return np.zeros(np.broadcast_shapes(*map(np.shape, operands)))
        return tuple(map(self.results, found)) if self.nout > 1 else self.results(found)


def _same(found: Any) -> Any:
    return found


def last_bit(array: Any) -> Any:
    """Floats off by the last bit."""
    return np.nextafter(array, np.inf) if array.dtype.kind == "f" else array


def narrow(array: Any) -> Any:
    """Doubles come back as floats of half their width."""
    return array.astype(np.float32) if array.dtype == float else array


def wide_ints(array: Any) -> Any:
    """Ints have gone through floats of half their width."""
    return array.astype(np.float32).astype(array.dtype) if array.dtype.kind == "i" else array


def other_message(error: Exception) -> Exception:
    """Exceptions with a text of their own."""
    return type(error)("something went wrong")


PLANTED_UFUNCS: dict[str, Function] = {
    change.__name__: functools.partial(_Wrong, results=change, errors=_same) for change in (last_bit, narrow, wide_ints)
}
PLANTED_UFUNCS |= {
    "other_message": functools.partial(_Wrong, results=_same, errors=other_message),
    "no_exception": functools.partial(_Wrong, results=_same, errors=None),
}
