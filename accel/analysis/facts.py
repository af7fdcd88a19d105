"""Source -> Facts: what reading a function tells about it, and about the functions defined inside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

from accel.analysis.expressions import Captured
from accel.analysis.flow import build_flow
from accel.analysis.parse import number_nodes
from accel.ir import Facts, Source

__all__ = ["find_cells", "find_facts", "find_nested_definitions", "is_code_of"]


def find_facts(source: Source) -> Facts:
    """The flow of a function, what of it can't be compiled, and the same of its nested functions."""
    return _find(source, Captured(), {})


def _find(source: Source, captured: Captured, known: dict[str, Captured]) -> Facts:
    code = source.code
    own = frozenset(code.co_varnames) | frozenset(code.co_cellvars)
    visible = own | frozenset(captured.needs).intersection(code.co_freevars)
    found = {number: _nested_source(source, node) for number, node in find_nested_definitions(source)}
    nested = {number: inner for number, inner in found.items() if inner is not None}
    # a name that is bound here too is another variable
    names = {name: c for name, c in known.items() if name not in own and not own.intersection(c.needs)}
    captures = _find_captures(source, nested, visible, names)
    for number, inner_captures in captures.items():
        names[f"%{number}"] = inner_captures
        if name := _name_of(source, number):
            names[name] = inner_captures
    flow, faults = build_flow(source, visible, frozenset(code.co_freevars) - visible, captured, names)
    loops = any(isinstance(n, (ast.For, ast.While)) for n in source.nodes)
    facts = {number: _find(inner, captures[number], names) for number, inner in nested.items()}
    return Facts(source, flow, faults, loops, facts, captured.needs, captured.writes)


def _find_captures(
    source: Source, nested: dict[int, Source], visible: frozenset[str], known: dict[str, Captured]
) -> dict[int, Captured]:
    """What each nested function needs and writes of the variables around it: itself, and through the functions among them."""
    needs = {number: set(visible.intersection(inner.code.co_freevars)) for number, inner in nested.items()}
    writes = {number: needs[number].intersection(_find_written(inner)) for number, inner in nested.items()}
    before = -1
    while before < sum(len(needs[n]) + len(writes[n]) for n in nested):
        before = sum(len(needs[n]) + len(writes[n]) for n in nested)
        for mine in nested:
            for other in nested:
                if _name_of(source, other) in needs[mine]:
                    needs[mine] |= needs[other]
                    writes[mine] |= writes[other]
            for name in needs[mine].intersection(known):
                needs[mine].update(known[name].needs)
                writes[mine].update(known[name].writes)
    return {number: Captured(tuple(sorted(needs[number])), tuple(sorted(writes[number]))) for number in nested}


def _find_written(source: Source) -> set[str]:
    """The names that a function, or one inside it, declares `nonlocal`."""
    return {name for node in source.nodes if isinstance(node, ast.Nonlocal) for name in node.names}


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
    codes = [c for c in source.code.co_consts if isinstance(c, CodeType) and is_code_of(node, c)]
    if len(codes) != 1:
        return None
    cells = tuple(find_cells(source.function).get(n) or CellType() for n in codes[0].co_freevars)
    function = FunctionType(codes[0], source.function.__globals__, name, None, cells)
    function.__defaults__, function.__kwdefaults__ = _constant_defaults(node.args)
    nodes, parents = number_nodes(node)
    around: Any = source.enclosing or source.function
    return Source(function, node, source.filename, source.lines, nodes, parents, around)


def is_code_of(node: ast.FunctionDef | ast.Lambda, code: CodeType) -> bool:
    """Whether code in the constants of a function may be that of a nested one. Several lambdas of one line are told apart by column."""
    if (code.co_name, code.co_firstlineno) != (getattr(node, "name", "<lambda>"), node.lineno):
        return False
    if not isinstance(node, ast.Lambda):
        return True
    body = node.body
    first, last = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    places = [p for p in code.co_positions() if p[0] is not None and p[2] and p[3]]  # that of the start has column 0
    return all(first <= (p[0], p[2]) and (p[1], p[3]) <= last for p in places)


def find_cells(function: FunctionType) -> dict[str, CellType]:
    """The closure cells of a function by name."""
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def _constant_defaults(a: ast.arguments) -> tuple[tuple[Any, ...] | None, dict[str, Any] | None]:
    """The defaults of a nested function; one with others than constants is not compiled."""
    positional = tuple(d.value for d in a.defaults if isinstance(d, ast.Constant))
    pairs = zip(a.kwonlyargs, a.kw_defaults, strict=True)
    return positional or None, {p.arg: d.value for p, d in pairs if isinstance(d, ast.Constant)} or None
