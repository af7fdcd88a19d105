"""Decides whether a typed function is worth compiling: what CPython must do may stand on side paths only."""

from __future__ import annotations

import ast

from accel.errors import CompileError, Diagnostic
from accel.ir import Fault, Source, TypedFunction

__all__ = ["diagnose", "refuse_unavoidable"]


def refuse_unavoidable(functions: list[TypedFunction], written: dict[int, Fault]) -> None:
    """Raise a CompileError that lists every fault which the usual way through a function meets.

    `written` holds what can't be compiled whatever the kinds, by id of its instruction: once a function is refused, that is
    listed too where typing did not get so far.
    """
    met = _find_faults(functions, {})
    if not met:
        return
    found = _find_faults(functions, written)
    error = CompileError(tuple([diagnose(typed, fault) for typed, fault, _ in found[:10]]))
    error.hopeless = any(leaves for _, _, leaves in met)  # whatever the arguments
    raise error


def _find_faults(functions: list[TypedFunction], written: dict[int, Fault]) -> list[tuple[TypedFunction, Fault, bool]]:
    """The faults on the usual way, and whether CPython would go on there whatever the kinds."""
    found = []
    for typed in functions:
        if -1 in typed.faults:
            found.append((typed, typed.faults[-1], False))
        for instruction in typed.flow.instructions():
            fault = typed.faults.get(id(instruction)) or written.get(id(instruction))
            if fault is not None and fault.slug and (fault.slug == "global-write" or not _is_avoidable(typed.source, fault.node)):
                found.append((typed, fault, instruction.op == "leave"))
    return found


def diagnose(typed: TypedFunction, fault: Fault) -> Diagnostic:
    """The Diagnostic of a fault, with its place in the source."""
    source = typed.source
    node = source.nodes[fault.node]
    line = getattr(node, "lineno", source.code.co_firstlineno)
    text = source.lines[line - 1].rstrip("\n") if line <= len(source.lines) else ""
    start = len(text.encode()[: getattr(node, "col_offset", 0)].decode(errors="replace"))
    end = start + 1
    if getattr(node, "end_lineno", None) == line:
        end = max(end, len(text.encode()[: node.end_col_offset].decode(errors="replace")))  # type: ignore[attr-defined]
    return Diagnostic(
        what=f"cannot compile `{source.name}`: {fault.what}", slug=fault.slug, filename=source.filename, line=line,
        column=start, end_column=end, source_line=text, why=fault.why, do=fault.do,
    )  # fmt: skip


def _is_avoidable(source: Source, number: int) -> bool:
    """Whether a node stands on a side path: an arm of a condition. Loop bodies do not: that is where the time goes."""
    while number in source.parents:
        number, name, index = source.parents[number]
        parent = source.nodes[number]
        if isinstance(parent, (ast.If, ast.IfExp)) and name in ("body", "orelse"):
            return True
        if isinstance(parent, ast.BoolOp) and index:
            return True
    return False
