"""Finds the accesses to elements of arrays in a loop, and what is known where each of them stands."""

from __future__ import annotations

import ast

from accel.dependence.expressions import UNTOLD, Alternatives, Names, Reader
from accel.dependence.forms import Reading, variables_of
from accel.dependence.names import count_assignments
from accel.dependence.ranges import Outer, enter_outer, enter_range, is_range
from accel.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Access", "Finder", "Site", "count_dimensions"]

_EAGER = ("all", "any", "list", "max", "min", "set", "sorted", "sum", "tuple")  # they exhaust a generator at once


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """An element of an array that is read or written.

    `node` is the whole expression, `a[i][j]` for one. An augmented assignment, which reads and writes, is an update.
    """

    array: str
    node: ast.Subscript
    subscripts: tuple[ast.expr, ...]
    is_write: bool
    is_update: bool


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """An access, the values of its subscripts, and what loops around it and tests before it tell."""

    access: Access
    subscripts: tuple[Reading | None, ...]
    loops: tuple[Alternatives, ...]
    tests: tuple[Alternatives, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Scope:
    """What is known at a place."""

    names: Names
    loops: tuple[Alternatives, ...] = ()
    tests: tuple[Alternatives, ...] = ()

    def inside(self, test: Alternatives) -> _Scope:
        return self if test == UNTOLD else replace(self, tests=(*self.tests, test))

    def later(self) -> _Scope:
        """For code that may run in another iteration."""
        return _Scope(dict.fromkeys(self.names))


def count_dimensions(loop: ast.For) -> dict[str, int]:
    """Array -> number of its subscripts, the greatest one."""
    found: dict[str, int] = {}
    for node in ast.walk(loop):
        if isinstance(node, ast.Subscript):
            base, subscripts = _split(node)
            if isinstance(base, ast.Name) and not any(map(_is_no_element, subscripts)):
                found[base.id] = max(found.get(base.id, 0), len(subscripts))
    return found


class Finder:
    """Walks a loop in the order of its text."""

    def __init__(self, loop: ast.For, definitions: Mapping[str, ast.expr]) -> None:
        self.sites: list[Site] = []
        self.others: list[ast.expr] = []
        self.assigned = count_assignments(loop)
        self.reader = Reader(self.assigned, count_dimensions(loop))
        self.outer: Outer | None = None
        self._definitions = definitions
        self._loops = 0
        self._enter(loop)

    def _enter(self, loop: ast.For) -> None:
        scope = _Scope({})
        if isinstance(loop.iter, ast.Call) and is_range(loop.iter, self.reader):
            self.outer = enter_outer(loop.iter, self.reader, {}, "%")
            known = self.outer.inner
            scope = replace(scope, loops=(known.known,))
            if isinstance(loop.target, ast.Name) and loop.target.id not in count_assignments(*loop.body):
                scope.names[loop.target.id] = known.value
        self.visit_block(loop.body, scope)

    def visit_block(self, block: Sequence[ast.stmt], scope: _Scope) -> None:
        """Statements in order; what one of them defines, or excludes by leaving, holds for those behind it."""
        scope = replace(scope, names=dict(scope.names))
        for statement in block:
            self.visit_statement(statement, scope)
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if self._defines(name, value):
                    scope.names[name] = self.reader.read(value, scope.names)
                case ast.If(test=test, body=body, orelse=orelse):
                    if _leaves(body):
                        scope = scope.inside(self.reader.read_test(test, scope.names, False))
                    if _leaves(orelse):
                        scope = scope.inside(self.reader.read_test(test, scope.names))

    def _defines(self, name: str, value: ast.expr) -> bool:
        return self.assigned[name] == 1 and self._definitions.get(name) is value

    def visit_statement(self, node: ast.stmt, scope: _Scope) -> None:
        """A statement and all in it."""
        match node:
            case ast.For(target=target, iter=iterable, body=body, orelse=orelse):
                self.visit(iterable, scope)
                inner = self._inside_loop(target, iterable, scope, body)
                self.visit(target, inner)
                self.visit_block(body, inner)
                self.visit_block(orelse, scope)
            case ast.While(test=test, body=body, orelse=orelse):
                self.visit(test, scope)
                self.visit_block(body, scope.inside(self.reader.read_test(test, scope.names)))
                self.visit_block(orelse, scope)
            case ast.If(test=test, body=body, orelse=orelse):
                self.visit(test, scope)
                self.visit_block(body, scope.inside(self.reader.read_test(test, scope.names)))
                self.visit_block(orelse, scope.inside(self.reader.read_test(test, scope.names, False)))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._visit_parts(node, scope.later())
            case ast.AugAssign(target=target, value=value):
                self.visit(target, scope, is_update=True)
                self.visit(value, scope)
            case ast.AnnAssign(target=target, value=value):
                self._visit_parts(ast.Tuple([part for part in (value, target) if part]), scope)
            case _:
                self._visit_parts(node, scope)

    def _inside_loop(self, target: ast.expr, iterable: ast.expr, scope: _Scope, body: Sequence[ast.AST]) -> _Scope:
        """What is known in the body of an inner loop, be it a statement or a comprehension."""
        names = dict(scope.names)
        for name in count_assignments(target):
            names[name] = None
        loops = scope.loops
        if isinstance(iterable, ast.Call) and is_range(iterable, self.reader):
            self._loops += 1
            found = enter_range(iterable, self.reader, scope.names, f"%{self._loops}i")
            loops = (*loops, found.known)
            if isinstance(target, ast.Name) and target.id not in count_assignments(*body):
                names[target.id] = found.value
        return replace(scope, names=names, loops=loops)

    def _visit_parts(self, node: ast.AST, scope: _Scope) -> None:
        for _, part in ast.iter_fields(node):
            if isinstance(part, list) and part and isinstance(part[0], ast.stmt):
                self.visit_block(part, scope)
                continue
            for child in part if isinstance(part, list) else [part]:
                if isinstance(child, ast.expr):
                    self.visit(child, scope)
                elif isinstance(child, ast.AST):
                    self._visit_parts(child, scope)

    def visit(self, node: ast.expr, scope: _Scope, is_update: bool = False) -> None:
        """An expression and all in it."""
        match node:
            case ast.Subscript():
                self._visit_subscript(node, scope, is_update)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.visit(test, scope)
                self.visit(body, scope.inside(self.reader.read_test(test, scope.names)))
                self.visit(orelse, scope.inside(self.reader.read_test(test, scope.names, False)))
            case ast.BoolOp(op=op, values=values):
                for value in values:
                    self.visit(value, scope)
                    scope = scope.inside(self.reader.read_test(value, scope.names, isinstance(op, ast.And)))
            case ast.Call(func=func, args=[ast.GeneratorExp() as only], keywords=[]) if self.reader.is_builtin(func, *_EAGER):
                self._visit_comprehension(only, scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                self._visit_comprehension(node, scope)
            case ast.Lambda() | ast.GeneratorExp():
                self._visit_parts(node, scope.later())
            case _:
                self._visit_parts(node, scope)

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: _Scope) -> None:
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for number, part in enumerate(node.generators):
            inside = [*results, *part.ifs, *node.generators[number + 1 :]]
            self.visit(part.iter, scope)
            scope = self._inside_loop(part.target, part.iter, scope, inside)
            self.visit(part.target, scope)
            for test in part.ifs:
                self.visit(test, scope)
                scope = scope.inside(self.reader.read_test(test, scope.names))
        for result in results:
            self.visit(result, scope)

    def _visit_subscript(self, node: ast.Subscript, scope: _Scope, is_update: bool) -> None:
        base, subscripts = _split(node)
        for part in subscripts:
            self.visit(part, scope)
        if isinstance(base, ast.Name) and not isinstance(node.ctx, ast.Del) and not any(map(_is_no_element, subscripts)):
            access = Access(base.id, node, subscripts, isinstance(node.ctx, ast.Store), is_update)
            read = tuple([self.reader.read(part, scope.names) for part in subscripts])
            self.sites.append(Site(access, read, scope.loops, (*scope.tests, *self._find_choices(read, scope))))
            return
        if not (isinstance(base, ast.Attribute) and base.attr == "shape" and isinstance(base.value, ast.Name)):
            self.others.append(node)
        self.visit(base, scope)

    def _find_choices(self, read: Sequence[Reading | None], scope: _Scope) -> list[Alternatives]:
        """What is known of minima and maxima in subscripts, and in the bounds of loops: to be used where there is no proof without."""
        if not self.reader.choices:
            return []
        bounds = [row.form for known in scope.loops for rows in known for row in rows]
        names = variables_of([*bounds, *[one.form for one in read if one is not None]])
        return [self.reader.choices[name] for name in sorted(names & set(self.reader.choices))]


def _split(node: ast.Subscript) -> tuple[ast.expr, tuple[ast.expr, ...]]:
    """What is subscripted, and all its subscripts: `a[i, j]` and `a[i][j]` alike."""
    found: list[ast.expr] = []
    base: ast.expr = node
    while isinstance(base, ast.Subscript):
        found[:0] = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
        base = base.value
    return base, tuple(found)


def _is_no_element(subscript: ast.expr) -> bool:
    return isinstance(subscript, (ast.Slice, ast.Starred, ast.Tuple, ast.List)) or (
        isinstance(subscript, ast.Constant) and (subscript.value is None or subscript.value is Ellipsis)
    )


def _leaves(block: Sequence[ast.stmt]) -> bool:
    """The end of a block is never reached."""
    match block:
        case [*_, ast.Continue() | ast.Break() | ast.Return() | ast.Raise()]:
            return True
        case [*_, ast.If(body=body, orelse=orelse)]:
            return _leaves(body) and _leaves(orelse)
    return False
