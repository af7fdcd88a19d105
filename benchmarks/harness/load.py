"""This module imports one implementation of a problem, here or in an environment of its own, and makes twins of plain functions to decorate."""

from __future__ import annotations

import importlib
import inspect
import itertools
import linecache
import types
from collections.abc import Callable
from typing import Any

from benchmarks.harness.apart import load_apart
from benchmarks.harness.problem import Problem
from benchmarks.harness.rivals import describe_fault, is_apart

__all__ = ["Load", "describe_fault", "load", "load_named", "renamed_twin", "twin"]

Function = Callable[..., Any]
Load = Callable[[Problem, str, str], Any]
_numbers = itertools.count()


def load(problem: Problem, implementation: str, case: str) -> Function:
    """The function `case` of one implementation; whatever its import raises is the caller's to show."""
    return load_apart(problem.name, implementation, case) if is_apart(implementation) else load_named(problem.name, implementation, case)


def load_named(problem: str, implementation: str, case: str) -> Function:
    """The same in this process, by the name of the problem."""
    module = importlib.import_module(f"benchmarks.problems.{problem}.{implementation}_")
    function: Function = getattr(module, case)
    return function


def twin(function: Any) -> Any:
    """Another function object of the same code: decorating it leaves the plain function plain."""
    copy = types.FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def renamed_twin(function: Any) -> Any:
    """The same source under a name never used before, so that no compiler can remember it."""
    name = f"{function.__name__}_{next(_numbers)}"
    text = inspect.getsource(function).replace(f"def {function.__name__}(", f"def {name}(", 1)
    filename = f"<benchmark {name}>"
    linecache.cache[filename] = len(text), None, text.splitlines(True), filename
    space = dict(function.__globals__)
    exec(compile(text, filename, "exec"), space)
    return space[name]
