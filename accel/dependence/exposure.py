"""Which names statements read before they bind them, and which they bind on every way through."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from accel.dependence.names import count_assignments

__all__ = ["Exposure", "names_read", "names_stored"]

Bound = frozenset[str] | None  # None: here nobody comes


def names_stored(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that statements bind or delete, anywhere."""
    return set(count_assignments(*nodes))


def names_read(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that statements read, anywhere; that of an augmented assignment is read, too."""
    found = {n.id for top in nodes for n in ast.walk(top) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    augmented = (n.target for top in nodes for n in ast.walk(top) if isinstance(n, ast.AugAssign))
    return found | {t.id for t in augmented if isinstance(t, ast.Name)}


class Exposure:
    """What a list of statements does with names.

    Parameters
    ----------
    statements : list of ast.stmt
        Executed in order, as the body of a loop or of a function.
    bound : iterable of str
        Names that are bound before.

    Attributes
    ----------
    first_reads : dict
        Name -> the first node that may read it before these statements have bound it.
    bound : frozenset of str, or None
        Names bound whenever the end is reached, or the next turn (`continue`); None when it never is.
    breaks : list of frozenset of str, or None
        Names bound at each `break` that leaves the loop whose body these are.
    """

    def __init__(self, statements: list[ast.stmt], bound: Iterable[str] = ()) -> None:
        self.first_reads: dict[str, ast.AST] = {}
        self.breaks: list[Bound] = []
        self._nexts: list[list[Bound]] = [[]]  # for each loop around, what is bound where it is gone on with
        end = self._run(statements, frozenset(bound))
        self.bound = _both(end, *self._nexts[0])

    def _run(self, statements: Iterable[ast.stmt], bound: Bound) -> Bound:
        for statement in statements:
            bound = self._statement(statement, bound)
        return bound

    def _read(self, node: ast.AST | None, bound: Bound) -> None:
        """Read an expression. (What `:=` binds in it does not count as bound.)"""
        for inner in [] if node is None else _evaluated(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load) and bound is not None and inner.id not in bound:
                self.first_reads.setdefault(inner.id, inner)

    def _store(self, target: ast.AST, bound: Bound) -> Bound:
        if isinstance(target, ast.Name):
            return None if bound is None else bound | {target.id}
        if isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                bound = self._store(item, bound)
            return bound
        if isinstance(target, ast.Starred):
            return self._store(target.value, bound)
        self._read(target, bound)
        return bound

    def _statement(self, node: ast.stmt, bound: Bound) -> Bound:
        match node:
            case ast.Assign():
                self._read(node.value, bound)
                for target in node.targets:
                    bound = self._store(target, bound)
                return bound
            case ast.AugAssign():
                if isinstance(node.target, ast.Name) and bound is not None and node.target.id not in bound:
                    self.first_reads.setdefault(node.target.id, node.target)
                self._read(node.value, bound)
                return self._store(node.target, bound)
            case ast.AnnAssign():
                self._read(node.value, bound)
                return self._store(node.target, bound) if node.value is not None else bound
            case ast.If():
                self._read(node.test, bound)
                return _both(self._run(node.body, bound), self._run(node.orelse, bound))
            case ast.For() | ast.While():
                return self._loop(node, bound)
            case ast.Continue():
                self._nexts[-1].append(bound)
                return None
            case ast.Break() | ast.Return() | ast.Raise():
                for child in ast.iter_child_nodes(node):
                    self._read(child, bound)
                if isinstance(node, ast.Break) and len(self._nexts) == 1:
                    self.breaks.append(bound)
                return None
            case ast.Import() | ast.ImportFrom():
                return None if bound is None else bound | names_stored([node])
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._read(node, bound)
                return None if bound is None else bound | {node.name}
            case ast.Delete():
                self._read(node, bound)
                return bound if bound is None else bound - names_stored([node])
        self._read(node, bound)  # of a statement this does not know, all names are read
        return bound

    def _loop(self, node: ast.For | ast.While, bound: Bound) -> Bound:
        """What a loop binds is not bound behind it: it may have no turn."""
        inside = bound
        if isinstance(node, ast.For):
            self._read(node.iter, bound)
            inside = self._store(node.target, bound)
        else:
            self._read(node.test, bound)
        self._nexts.append([])
        self._run(node.body, inside)
        self._nexts.pop()
        self._run(node.orelse, bound)
        return bound


def _both(*ways: Bound) -> Bound:
    """What is bound where ways meet."""
    found = [w for w in ways if w is not None]
    return frozenset.intersection(*found) if found else None


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of an expression, those evaluated first first, as far as it matters."""
    for child in ast.iter_child_nodes(node):
        yield from _evaluated(child)
    yield node
