"""This module loads dynamic programs, undecorated and with every function decorated, and says which there are."""

import ast
import linecache
from pathlib import Path
from typing import Any

from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.problem import Case, Problem

SOURCE = Path(__file__).with_name("programs.py")
NAMES = (
    "words",
    "generator",
    "classes",
    "exceptions",
    "closures",
    "bigints",
    "strings",
    "recursion",
    "matching",
    "contexts",
    "sets",
    "wrapping",
    "sorting",
    "coroutine",
    "records",
    "parsing",
)


def load_programs(decorator: Any = None) -> dict[str, Any]:
    """The programs' names; with a decorator, every function of theirs, nested ones too, is under it."""
    tree = ast.parse(SOURCE.read_text())
    if decorator is not None:
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                node.decorator_list.append(ast.Name("decorator_", ast.Load()))
    text = ast.unparse(ast.fix_missing_locations(tree))
    filename = f"<dynamic programs, {'plain' if decorator is None else 'decorated'}>"
    linecache.cache[filename] = len(text), None, text.splitlines(True), filename
    space = {"decorator_": decorator, "__name__": "programs"}
    exec(compile(text, filename, "exec"), space)
    return space


def make(size: int) -> tuple[Any, ...]:
    """The programs make their own values."""
    return ()


FALLBACK = Problem(
    name="fallback",
    group="dynamic",
    implementations=("python", "accel"),
    measure=measure_kernels,
    cases={name: Case(make) for name in NAMES},
    baseline="python",
)
