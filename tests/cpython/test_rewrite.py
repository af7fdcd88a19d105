"""Functions are decorated without moving a line; tests that are lost and processes that die are seen."""

from __future__ import annotations

import ast
import builtins
import ctypes
from typing import Any

import pytest

from tests.cpython.__main__ import main
from tests.cpython.modules import EXCLUDED, MODULES, choose_modules
from tests.cpython.rewrite import MARK, decorate_tree

_TEXT = '''
def one(x=lambda: 1):
    def two():
        return two
    return two


class Three:
    @staticmethod
    def four():
        return 4

    async def five(self):
        pass


class Six(metaclass=type):
    def seven(self):
        def eight(): pass
'''


def marked(tree: ast.Module) -> dict[str, int]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Name) and mark.id == MARK:
                    assert mark is node.decorator_list[-1]
                    found[node.name] = mark.lineno - node.lineno
    return found


def test_every_function_is_marked_on_its_own_line() -> None:
    tree = ast.parse(_TEXT)
    assert decorate_tree(tree) == 5
    assert marked(tree) == dict.fromkeys(["one", "two", "four", "five", "eight"], 0)


def test_functions_are_left_out_by_name() -> None:
    tree = ast.parse(_TEXT)
    decorate_tree(tree, ["one.two", "Three."])
    assert set(marked(tree)) == {"one", "eight"}
    tree = ast.parse(_TEXT)
    decorate_tree(tree, outermost=True)
    assert set(marked(tree)) == {"one", "four", "five", "eight"}


def test_first_lines_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []

    def note(function: Any) -> Any:
        seen.append((function.__name__, function.__code__.co_firstlineno))
        return function

    monkeypatch.setattr(builtins, MARK, note, raising=False)
    tree = ast.parse(_TEXT)
    decorate_tree(tree)
    exec(compile(tree, "text", "exec"), {"__name__": "text"})
    assert seen == [("one", 2), ("four", 9), ("five", 13)]


def test_modules_are_many_and_none_is_both_run_and_left_out() -> None:
    assert len(set(MODULES)) == len(MODULES) >= 40
    assert not set(MODULES) & set(EXCLUDED)
    assert choose_modules(["int", "test_bool", "nothing"], {"test_int", "test_bool"}) == ["test_int", "test_bool"]


def spoil(function: Any) -> Any:
    """A decorator under which nothing works."""

    def raises(*_: Any, **__: Any) -> Any:
        raise RuntimeError("spoiled")

    raises.__name__ = raises.__qualname__ = function.__name__
    return raises


def die(function: Any) -> Any:
    """A decorator under which the process dies."""
    ctypes.string_at(0)
    return function


def test_nothing_is_lost_with_the_plain_decorator(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--modules", "int_literal", "unary", "--decorator", "plain"]) == 0
    assert "lost 0, crashes 0" in capsys.readouterr().out


def test_lost_tests_are_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--modules", "int_literal", "--decorator", "tests.cpython.test_rewrite:spoil"]) == 1
    out = capsys.readouterr().out
    assert "--- lost: test.test_int_literal.TestHexOctBin.test_hex_baseline" in out and "spoiled" in out


def test_crashes_are_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--modules", "int_literal", "--decorator", "tests.cpython.test_rewrite:die"]) == 1
    out = capsys.readouterr().out
    assert "--- crash: test_int_literal" in out and "SIGSEGV" in out
