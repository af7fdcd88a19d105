"""Names that a piece of a program assigns, and how often."""

from __future__ import annotations

import ast

__all__ = ["count_assignments"]

_MANY = 2


def count_assignments(*nodes: ast.AST) -> dict[str, int]:
    """Name -> the number of places that bind it, in whatever scope inside the nodes.

    >>> count_assignments(ast.parse("for i in x:\\n    y = i; y += 1\\n    z[0] = 1"))
    {'i': 1, 'y': 2}
    """
    found: dict[str, int] = {}
    for node in nodes:
        for inner in ast.walk(node):
            for name, times in _bound_by(inner):
                found[name] = found.get(name, 0) + times
    return found


def _bound_by(node: ast.AST) -> list[tuple[str, int]]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [(name, 1)]
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
            return [(name, _MANY)]  # `x.shape = ...`
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [(name, _MANY)]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [(name, _MANY)]
        case ast.MatchMapping(rest=str(name)):
            return [(name, _MANY)]
        case ast.alias(name=whole, asname=short):
            return [(short or whole.split(".")[0], _MANY)]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return [(name, _MANY) for name in names]
    return []
