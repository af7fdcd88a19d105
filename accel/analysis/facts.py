"""Source -> Facts: what reading a function tells about it, and about the functions defined inside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType

from accel.analysis.flow import build_flow
from accel.analysis.parse import number_nodes
from accel.ir import Facts, Source

__all__ = ["find_facts", "find_nested_definitions"]

Names = dict[str, tuple[str, ...]]


def find_facts(source: Source) -> Facts:
    """The flow of a function, what of it can't be compiled, and the same of its nested functions."""
    return _find(source, (), {})


def _find(source: Source, captured: tuple[str, ...], known: Names) -> Facts:
    code = source.code
    locals_ = frozenset(code.co_varnames) | frozenset(code.co_cellvars) | frozenset(captured)
    found = {number: _nested_source(source, node) for number, node in find_nested_definitions(source)}
    nested = {number: inner for number, inner in found.items() if inner is not None}
    names = dict(known)
    for number, inner in nested.items():
        name = _name_of(source, number)
        if name:
            names[name] = _captured(inner, locals_)
    flow, faults = build_flow(source, locals_, frozenset(code.co_freevars) - locals_, captured, names)
    loops = any(isinstance(n, (ast.For, ast.While)) for n in source.nodes)
    facts = {number: _find(inner, _captured(inner, locals_), names) for number, inner in nested.items()}
    return Facts(source, flow, faults, loops, facts, captured)


def _captured(inner: Source, locals_: frozenset[str]) -> tuple[str, ...]:
    return tuple(n for n in inner.code.co_freevars if n in locals_)


def find_nested_definitions(source: Source) -> Iterator[tuple[int, ast.FunctionDef | ast.Lambda]]:
    """The functions defined directly inside."""
    for number, node in enumerate(source.nodes[1:], 1):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            above = source.parents[number][0]
            while above and not isinstance(
                source.nodes[above], (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
            ):
                above = source.parents[above][0]
            if above == 0:
                yield number, node


def _name_of(source: Source, number: int) -> str:
    """The local name of a nested function: of its def, or of the plain assignment of a lambda."""
    node, parent = source.nodes[number], source.nodes[source.parents[number][0]]
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return parent.targets[0].id
    return ""


def _nested_source(source: Source, node: ast.FunctionDef | ast.Lambda) -> Source | None:
    """The source of a nested function; its function object stands in for those made at run time. None if ambiguous."""
    name = node.name if isinstance(node, ast.FunctionDef) else "<lambda>"
    codes = [c for c in source.code.co_consts if isinstance(c, CodeType) and (c.co_name, c.co_firstlineno) == (name, node.lineno)]
    if len(codes) != 1:
        return None
    outer = dict(zip(source.code.co_freevars, source.function.__closure__ or (), strict=True))
    cells = tuple(outer.get(n) or CellType() for n in codes[0].co_freevars)
    function = FunctionType(codes[0], source.function.__globals__, name, None, cells)
    nodes, parents = number_nodes(node)
    return Source(function, node, source.filename, source.lines, nodes, parents)
