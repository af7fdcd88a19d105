"""How a loop may be left before its last iteration."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accel.dependence.exposure import names_stored

__all__ = ["find_leaves", "names_stored_staying"]

_May = frozenset[str] | None


def find_leaves(body: list[ast.stmt]) -> Iterator[ast.Break | ast.Return]:
    """Each `break` that leaves the loop with this body, and each `return`."""
    for statement, is_own in _statements(body, is_own=True):
        if isinstance(statement, ast.Return) or (isinstance(statement, ast.Break) and is_own):
            yield statement


def names_stored_staying(body: list[ast.stmt]) -> frozenset[str]:
    """Names that iterations may bind which go on to the next one: not those bound only on ways to a `break` or `return` that leaves the loop."""
    walk = _Ways()
    return _either(walk.run(body, frozenset()), *walk.turns[0]) or frozenset()


class _Ways:
    """What may be bound on the ways through statements; None where there is no way."""

    def __init__(self) -> None:
        self.turns: list[list[_May]] = [[]]  # for each loop around, what may be bound where it is gone on with
        self._breaks: list[list[_May]] = []  # for each loop inside, where it is left

    def run(self, body: list[ast.stmt], may: _May) -> _May:
        """What may be bound behind statements."""
        for statement in body:
            if may is not None:
                may = self._statement(statement, may)
        return may

    def _statement(self, node: ast.stmt, may: frozenset[str]) -> _May:
        match node:
            case ast.If():
                may |= names_stored([node.test])
                return _either(self.run(node.body, may), self.run(node.orelse, may))
            case ast.For() | ast.While():
                return self._loop(node, may | names_stored([node.target, node.iter] if isinstance(node, ast.For) else [node.test]))
            case ast.Break():
                if self._breaks:
                    self._breaks[-1].append(may)
                return None
            case ast.Continue():
                self.turns[-1].append(may)
                return None
            case ast.Return() | ast.Raise():
                return None
        return may | names_stored([node])

    def _loop(self, node: ast.For | ast.While, may: frozenset[str]) -> _May:
        self.turns.append([])
        self._breaks.append([])
        for _ in range(2):  # what one turn has bound is bound in the next
            may |= _either(self.run(node.body, may), *self.turns[-1]) or frozenset()
        self.turns.pop()
        breaks = self._breaks.pop()
        return _either(self.run(node.orelse, may), *breaks)


def _either(*ways: _May) -> _May:
    found = [way for way in ways if way is not None]
    return frozenset().union(*found) if found else None


def _statements(body: list[ast.stmt], *, is_own: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Every statement, and whether a `break` in its place leaves the loop whose body this is: those behind `else` of a loop are not in that loop."""
    for statement in body:
        yield statement, is_own
        if isinstance(statement, (ast.If, ast.For, ast.While)):
            yield from _statements(statement.body, is_own=is_own and isinstance(statement, ast.If))
            yield from _statements(statement.orelse, is_own=is_own)
