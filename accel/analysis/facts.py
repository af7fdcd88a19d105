"""Source -> Facts: what reading a function tells about it."""

from __future__ import annotations

import ast

from accel.analysis.flow import build_flow
from accel.ir import Facts, Source

__all__ = ["find_facts"]


def find_facts(source: Source) -> Facts:
    """The flow of a function, what of it can't be compiled."""
    code = source.code
    locals_ = frozenset(code.co_varnames) | frozenset(code.co_cellvars)
    flow, faults = build_flow(source, locals_, frozenset(code.co_freevars))
    loops = any(isinstance(n, (ast.For, ast.While)) for n in source.nodes)
    return Facts(source, flow, faults, loops)
