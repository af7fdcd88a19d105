"""Private names: `__x` in a class `C` is `_C__x`, which the tree of a method is made to say."""

from __future__ import annotations

import ast
import copy
from typing import Any

__all__ = ["PrivateNameError", "has_private_names", "mangle_name", "mangle_tree"]

# Fields that hold names of variables. Keywords of calls (`f(__x=1)`) and of patterns (`K(__x=1)`) are not mangled.
_FIELDS = {
    ast.Name: ("id",),
    ast.Attribute: ("attr",),
    ast.arg: ("arg",),
    ast.Global: ("names",),
    ast.Nonlocal: ("names",),
    ast.ExceptHandler: ("name",),
    ast.MatchAs: ("name",),
    ast.MatchStar: ("name",),
    ast.MatchMapping: ("rest",),
    ast.alias: ("name", "asname"),
}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class PrivateNameError(Exception):
    """A function or class with a private name inside a method: its own `__name__` is not the name it is bound to."""


def mangle_name(class_name: str, name: str) -> str:
    """The name a compiler makes of `name` inside the class.

    >>> mangle_name("_Box", "__x"), mangle_name("Box", "__x__"), mangle_name("__", "__x")
    ('_Box__x', '__x__', '__x')
    """
    stripped = class_name.lstrip("_")
    if not stripped or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    return f"_{stripped}{name}"


def has_private_names(class_name: str, tree: ast.AST) -> bool:
    """Whether anything in `tree`, which stands in the class, has to be mangled."""
    return bool(class_name) and any(_changes(class_name, node) for node in ast.walk(tree))


def _changes(class_name: str, node: ast.AST) -> bool:
    if isinstance(node, _DEFINITIONS):
        return mangle_name(class_name, node.name) != node.name
    return any(_mangled(class_name, getattr(node, f)) != getattr(node, f) for f in _FIELDS.get(type(node), ()))


def _mangled(class_name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [mangle_name(class_name, v) for v in value]
    return mangle_name(class_name, value) if isinstance(value, str) else value


def mangle_tree(class_name: str, tree: ast.FunctionDef | ast.Lambda) -> ast.FunctionDef | ast.Lambda:
    """A copy of a method's tree with all names as the byte code has them. The method's own name stays.

    Raises
    ------
    PrivateNameError
        When a function or class defined inside has a private name.
    """
    made = copy.deepcopy(tree)
    todo: list[ast.AST] = list(ast.iter_child_nodes(made))
    while todo:
        node = todo.pop()
        if isinstance(node, _DEFINITIONS) and mangle_name(class_name, node.name) != node.name:
            raise PrivateNameError(node.name)
        for field in _FIELDS.get(type(node), ()):
            setattr(node, field, _mangled(class_name, getattr(node, field)))
        if isinstance(node, ast.ClassDef):  # its body has private names of its own
            todo += [*node.bases, *node.keywords, *node.decorator_list]
        else:
            todo += ast.iter_child_nodes(node)
    return made
