"""A program under test: its text, the calls to make, and how it is written down, read back and loaded."""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import math
import os
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import accel
from tests.differential import makers

__all__ = [
    "ELEMENTWISE_HEADER",
    "HEADER",
    "STRUCTS_HEADER",
    "Call",
    "Program",
    "evaluate_arguments",
    "load_program",
    "read_program",
    "write_program",
]

Decorator = Callable[[Callable[..., Any]], Any]
HEADER = "import cmath\nimport math\n\nimport numpy as np\n\nfrom accel import fn\n"
ELEMENTWISE_HEADER = HEADER.replace("import fn", "import vectorize as fn")
STRUCTS_HEADER = HEADER.replace("import math\n", "import dataclasses\nimport math\nfrom typing import ClassVar\n").replace("import fn", "import fn, struct") + "from accel.types import SIMD, Tensor\n"
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `main`: statements done before in the program's namespace, and the text of the arguments.

    Arguments are evaluated left to right; `a0`, `a1`, ... name those evaluated before, so that memory can be shared.
    """

    arguments: str
    setup: str = ""

    def written(self) -> str:
        """As an element of CALLS."""
        return repr((self.setup, self.arguments)) if self.setup else repr(self.arguments)


@dataclass(frozen=True, slots=True)
class Program:
    """The text of a module with a function `main` decorated by `fn`, and the calls of `main` to be compared.

    Where `fn` is `vectorize`, arguments are operands: `main` is called for each element.
    """

    body: str
    calls: tuple[Call, ...]
    title: str = "a program of the fuzzer"

    @property
    def is_elementwise(self) -> bool:
        """Whether `main` is a function of elements."""
        return "from accel import vectorize as fn" in self.body

    @property
    def text(self) -> str:
        """The whole file, ready for the corpus."""
        calls = "".join(f"    {call.written()},\n" for call in self.calls)
        return f'"""{self.title}."""\n\n{self.body.strip()}\n\n\nCALLS = [\n{calls}]\n'


def read_program(text: str) -> Program:
    """Read what `Program.text` (or a person) wrote."""
    tree = ast.parse(text)
    title, first = ast.get_docstring(tree) or "", 0
    calls: tuple[Call, ...] = ()
    lines = text.splitlines()
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "CALLS":
            rows = ast.literal_eval(node.value)
            calls = tuple(Call(row) if isinstance(row, str) else Call(row[1], row[0]) for row in rows)
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or 0) - node.lineno + 1)
    if title:
        first = tree.body[0].end_lineno or 0
    return Program("\n".join(lines[first:]).strip() + "\n", calls, title.strip().rstrip("."))


def write_program(program: Program, folder: Path) -> Path:
    """Put the program into a new file of its own: no cache of source lines can be stale."""
    path = folder / f"program_{next(_numbers)}.py"
    path.write_text(program.text, encoding="utf-8")
    return path


def load_program(path: Path, decorate: Decorator) -> dict[str, Any]:
    """Execute the file with `fn` bound to `decorate`, whatever it imports under that name; returns its namespace.

    Other names of accel's are accel's. `struct` is the one of ACCEL=0, with no machine code, unless `decorate` is accel's.
    """
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, str(path))
    imported: set[str] = set()
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module == "accel":
            imported |= {alias.name for alias in node.names if alias.asname is None and alias.name != "fn"}
            tree.body[index] = ast.copy_location(ast.Pass(), node)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(tree, str(path), "exec", dont_inherit=True)
    namespace: dict[str, Any] = {"__name__": "program", "__file__": str(path), "fn": decorate}
    linecache.checkcache(str(path))
    namespace |= {name: getattr(accel, name) for name in sorted(imported)}
    is_accel = getattr(decorate, "__module__", "").partition(".")[0] == "accel"
    with mock.patch.dict(os.environ, {} if is_accel or "struct" not in imported else {"ACCEL": "0"}):
        exec(code, namespace)
    return namespace


@functools.lru_cache(4096)
def _compiled_arguments(text: str) -> tuple[tuple[str | None, types.CodeType], ...]:
    call = ast.parse(f"_({text})", mode="eval").body
    assert isinstance(call, ast.Call)
    pairs: list[tuple[str | None, ast.expr]] = [(None, a) for a in call.args]
    pairs += [(keyword.arg, keyword.value) for keyword in call.keywords]
    return tuple((name, compile(ast.Expression(value), "<argument>", "eval")) for name, value in pairs)


def evaluate_arguments(text: str, namespace: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """New arguments, positional and by keyword, of the text of a call."""
    scope: dict[str, Any] = {"np": np, "math": math, **vars(makers), **namespace}
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for index, (name, code) in enumerate(_compiled_arguments(text)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = eval(code, scope)
        scope[f"a{index}"] = value
        if name is None:
            positional.append(value)
        else:
            keywords[name] = value
    return positional, keywords
