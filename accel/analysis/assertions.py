"""An assertion that is known to fail, raised at the very place where CPython would raise it."""

from __future__ import annotations

import ast
import copy
import sys

__all__ = ["failed_assertion"]


def failed_assertion(node: ast.Assert) -> ast.Assert:
    """The assertion with a test that fails, at the place of its test."""
    test: ast.expr = ast.Constant(value=False)
    place: ast.expr | None = node.test
    if sys.version_info < (3, 12):  # there it is the place of the last comparison in the test
        place = _last_comparison(node.test)
        zero = ast.copy_location(ast.Constant(value=0), node.test)
        test = ast.Compare(left=zero, ops=[ast.NotEq()], comparators=[zero]) if place is not None else test
    made = copy.copy(node)
    made.test = ast.copy_location(test, place or node.test)
    return made


def _last_comparison(test: ast.expr) -> ast.expr | None:
    match test:
        case ast.BoolOp(values=values):
            return next((c for c in map(_last_comparison, reversed(values)) if c is not None), None)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _last_comparison(operand)
        case ast.IfExp(test=inner, body=body, orelse=orelse):
            return _last_comparison(orelse) or _last_comparison(body) or _last_comparison(inner)
        case ast.Compare():
            return test
    return None
