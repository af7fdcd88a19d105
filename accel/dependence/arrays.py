"""STUB until merged."""
from __future__ import annotations

import ast
from collections.abc import Mapping

from accel.values import dataclass

__all__ = ["Access", "ArrayFacts", "Conflict", "examine_arrays"]


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    array: str
    node: ast.Subscript
    subscripts: tuple[ast.expr, ...]
    is_write: bool
    is_update: bool


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    array: str
    first: Access
    second: Access
    distance: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ArrayFacts:
    accesses: tuple[Access, ...]
    conflicts: tuple[Conflict, ...]
    dimensions: dict[str, int]
    integers: frozenset[str]
    others: tuple[ast.expr, ...]


def examine_arrays(loop: ast.For, definitions: Mapping[str, tuple[ast.expr, tuple[ast.stmt, ...]]]) -> ArrayFacts:
    acc, others = [], []
    inner, upd = set(), set()
    for n in ast.walk(loop):
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Subscript): upd.add(id(n.target))
    for n in ast.walk(loop):
        if isinstance(n, ast.Subscript):
            if id(n) in inner: continue
            subs, b = [], n
            while isinstance(b, ast.Subscript):
                inner.add(id(b))
                subs = (list(b.slice.elts) if isinstance(b.slice, ast.Tuple) else [b.slice]) + subs
                b = b.value
            if isinstance(b, ast.Attribute): continue
            if not isinstance(b, ast.Name): others.append(n); continue
            acc.append(Access(b.id, n, tuple(subs), isinstance(n.ctx, ast.Store), id(n) in upd))
    conf = []
    for w in acc:
        if not w.is_write: continue
        for r in acc:
            if r.array != w.array: continue
            if not any(ast.dump(s) == ast.dump(t) and isinstance(s, ast.Name) and s.id == loop.target.id for s, t in zip(w.subscripts, r.subscripts)):
                conf.append(Conflict(w.array, w, r))
    return ArrayFacts(tuple(acc), tuple(conf), {a.array: len(a.subscripts) for a in acc}, frozenset(), tuple(others))
