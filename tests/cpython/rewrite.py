"""Decorate every function of a module through its syntax tree, while it is imported; line numbers stay."""

from __future__ import annotations

import ast
import builtins
import fnmatch
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Collection, Sequence
from typing import Any

__all__ = ["MARK", "DecoratingFinder", "decorate_tree"]

MARK = "__accel_fn__"


class _Decorate(ast.NodeTransformer):
    """Puts the mark innermost on each `def`, on the line of the `def` itself: `co_firstlineno` stays."""

    def __init__(self, skipped: Collection[str], outermost: bool) -> None:
        self.path: list[str] = []
        self.skipped = skipped
        self.outermost = outermost
        self.depth = 0
        self.count = 0

    def is_skipped(self) -> bool:
        """Whether the function at the current path is to be left as it is."""
        name = ".".join(self.path)
        return any(name == s or s.endswith(".") and f"{name}.".startswith(s) or fnmatch.fnmatch(name, s) for s in self.skipped)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """Classes with a metaclass may see each name that is looked up in their body: nothing directly inside is marked."""
        watched = any(keyword.arg == "metaclass" for keyword in node.keywords)
        self.path.append(node.name)
        node.body = [self.visit_plain(s) if watched and isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef) else self.visit(s) for s in node.body]
        self.path.pop()
        return node

    def visit_plain(self, node: Any) -> Any:
        """A function that is not marked itself, but what is inside."""
        self.path.append(node.name)
        node.body = [self.visit(statement) for statement in node.body]
        self.path.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Mark a function, and those inside."""
        return self.visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        """Mark a coroutine, which the decorator must hand back as it is."""
        return self.visit_function(node)

    def visit_function(self, node: Any) -> Any:
        """Mark one function; default values and decorators are left as they are."""
        self.path.append(node.name)
        skipped = self.is_skipped() or self.outermost and self.depth > 0
        self.depth += 1
        node.body = [self.visit(statement) for statement in node.body]
        self.depth -= 1
        self.path.pop()
        if not skipped:
            self.count += 1
            name = ast.Name(MARK, ast.Load())
            node.decorator_list.append(ast.copy_location(name, node))
            name.end_lineno, name.end_col_offset = node.lineno, node.col_offset
        return node


def decorate_tree(tree: ast.Module, skipped: Collection[str] = (), outermost: bool = False) -> int:
    """Mark the functions of a module in place; returns how many."""
    visitor = _Decorate(skipped, outermost)
    visitor.visit(tree)
    return visitor.count


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles the decorated tree, never a cached one."""

    skipped: Collection[str] = ()
    outermost = False

    def get_code(self, fullname: str) -> types.CodeType:
        """Parse, decorate, compile."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        decorate_tree(tree, self.skipped, self.outermost)
        code: types.CodeType = compile(tree, path, "exec", dont_inherit=True)
        return code


class DecoratingFinder(importlib.abc.MetaPathFinder):
    """Finds the wanted modules as usual, and has them decorated.

    Modules are wanted by full name; what lies inside a wanted package is wanted too.
    """

    def __init__(
        self, wanted: Collection[str], decorate: Callable[..., Any], skipped: dict[str, list[str]], outermost: bool = False
    ) -> None:
        self.wanted = wanted
        self.skipped = skipped
        self.outermost = outermost
        setattr(builtins, MARK, decorate)

    def is_wanted(self, fullname: str) -> bool:
        """Whether the module of this name is to be decorated."""
        return any(fullname == name or fullname.startswith(f"{name}.") for name in self.wanted)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a wanted module, with our loader."""
        if not self.is_wanted(fullname):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
            loader = _Loader(fullname, spec.loader.path)
            loader.skipped = self.skipped.get(fullname.rpartition(".")[2], [])
            loader.outermost = self.outermost
            spec.loader = loader
        return spec

    def install(self) -> None:
        """Ask this finder first from now on."""
        sys.meta_path.insert(0, self)
