"""The tree of a function is found in its file, and believed only when it compiles to the function's byte code."""

from __future__ import annotations

import ast
import functools
import importlib.util
import linecache
import statistics
import textwrap
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from accel.analysis.parse import number_nodes, parse_function
from accel.analysis.text import read_text
from accel.errors import CompileError


def wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


class Box:
    def __hidden(self, __x: int = 3) -> Any:
        return __x + self.__y + sum(__z for __z in range(3))  # type: ignore[attr-defined]

    @staticmethod
    @wrapped
    def twice(x: int) -> int:
        return 2 * x


PAIR = (lambda x: x + 1, lambda x: x + 2, lambda y: lambda x: x + 1)  # fmt: skip
TWINS = [lambda: 1, lambda: 1]


def load(folder: Path, text: str, name: str = "made") -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(text))
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def unparsed(function: Any) -> str:
    return ast.unparse(parse_function(function).tree)


def test_a_def_with_the_lines_of_its_file() -> None:
    source = parse_function(wrapped)
    assert isinstance(source.tree, ast.FunctionDef) and source.tree.name == "wrapped"
    assert source.lines[source.tree.lineno - 1].startswith("def wrapped(")
    assert source.tree.lineno == wrapped.__code__.co_firstlineno
    assert (source.code, source.function, source.filename) == (wrapped.__code__, wrapped, __file__)


def test_wrapped_is_not_followed() -> None:
    assert unparsed(Box.twice).startswith("@functools.wraps(function)\ndef wrapper")
    assert unparsed(Box.twice.__wrapped__).startswith("@staticmethod\n@wrapped\ndef twice")  # type: ignore[attr-defined]


def test_private_names_are_those_of_the_byte_code() -> None:
    text = unparsed(Box._Box__hidden)  # type: ignore[attr-defined]
    assert "_Box__x + self._Box__y + sum((_Box__z for _Box__z in range(3)))" in text
    assert "def __hidden(self, _Box__x" in text


def test_lambdas_on_one_line_are_told_apart() -> None:
    assert [unparsed(f) for f in PAIR] == ["lambda x: x + 1", "lambda x: x + 2", "lambda y: lambda x: x + 1"]
    inner = PAIR[2](1)
    assert unparsed(inner) == "lambda x: x + 1"
    assert [unparsed(f) for f in TWINS] == ["lambda: 1", "lambda: 1"]


def test_nodes_and_parents() -> None:
    source = parse_function(PAIR[0])
    assert source.nodes == tuple(ast.walk(source.tree))
    for number, (parent, field, index) in source.parents.items():
        found = getattr(source.nodes[parent], field)
        assert (found if index is None else found[index]) is source.nodes[number]
    assert set(source.parents) == {n for n, node in enumerate(source.nodes) if n and source.nodes.index(node) == n}
    assert number_nodes(source.tree)[1] == source.parents


def test_an_edited_file_is_refused_unless_its_text_was_kept(tmp_path: Path) -> None:
    module = load(tmp_path, "def f(x):\n    return x + 1\n")
    text = read_text(module.f)
    load(tmp_path, "def f(x):\n    return x - 1\n")
    linecache.checkcache(module.f.__code__.co_filename)
    with pytest.raises(CompileError, match="the source is not that of the function"):
        parse_function(module.f)
    assert ast.unparse(parse_function(module.f, text).tree) == "def f(x):\n    return x + 1"


def test_a_reloaded_file_is_read_again(tmp_path: Path) -> None:
    old = load(tmp_path, "def f(x):\n    return x + 1\n")
    assert "x + 1" in unparsed(old.f)
    new = load(tmp_path, "def f(x):\n    return x * 1000\n")
    assert "x * 1000" in unparsed(new.f)


@pytest.mark.parametrize(("first", "second"), [("0.0", "-0.0"), ("1", "True"), ("1", "1.0"), ("(1, 0.0)", "(1, -0.0)")])
def test_constants_are_compared_by_type_and_sign(tmp_path: Path, first: str, second: str) -> None:
    module = load(tmp_path, f"def f():\n    return {first}\n")
    (tmp_path / "made.py").write_text(f"def f():\n    return {second}\n")
    linecache.checkcache(module.f.__code__.co_filename)
    with pytest.raises(CompileError, match="stale-source"):
        parse_function(module.f)


def test_no_source() -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def f(x):\n    return x", "<nowhere>", "exec"), namespace)
    with pytest.raises(CompileError, match="there is no source"):
        parse_function(namespace["f"])


def test_a_cell_of_a_notebook() -> None:
    text = "def f(x):\n    return x\nawait g()\n"
    name = "<ipython-input-1-accel>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace: dict[str, Any] = {}
    code = compile(text, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    inner = next(c for c in code.co_consts if hasattr(c, "co_code"))
    assert unparsed(FunctionType(inner, namespace)) == "def f(x):\n    return x"


def test_future_imports_and_imports_of_the_file(tmp_path: Path) -> None:
    module = load(tmp_path, "from __future__ import annotations\nimport math\ndef f(x: Y) -> Z:\n    return math.sqrt(x)\n")
    assert "math.sqrt" in unparsed(module.f)


def test_a_replaced_code_is_refused() -> None:
    def f(x: int) -> int:
        return x

    f.__code__ = f.__code__.replace(co_consts=(None, 5))
    with pytest.raises(CompileError, match="stale-source"):
        parse_function(f)


def test_all_of_a_module() -> None:
    functions = [f for f in vars(statistics).values() if isinstance(f, FunctionType) and f.__module__ == "statistics"]
    assert len(functions) > 20
    for function in functions:
        assert parse_function(function).tree.lineno >= function.__code__.co_firstlineno


def test_a_private_function_inside_a_method_is_refused(tmp_path: Path) -> None:
    module = load(tmp_path, "class C:\n    def f(self):\n        def __g(): pass\n        return __g\n")
    with pytest.raises(CompileError, match="private name"):
        parse_function(module.C.f)
