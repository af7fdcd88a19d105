"""Decides whether a typed function is worth compiling: what CPython must do may stand on side paths only."""

from __future__ import annotations

import ast

from accel.errors import CompileError, Diagnostic
from accel.ir import Fault, Instruction, Source, TypedFunction
from accel.runtime.frames import column_of
from accel.types.kinds import Object

__all__ = ["diagnose", "refuse_moving_callees", "refuse_unavoidable", "refuse_unknown_results"]


def refuse_unavoidable(functions: list[TypedFunction], written: dict[int, tuple[Fault, ...]]) -> None:
    """Raise a CompileError that lists every fault which the usual way through a function meets.

    `written` holds what can't be compiled whatever the kinds, by id of the source: of a function that is refused, that is listed
    too where typing did not get so far.
    """
    found: list[Diagnostic] = []
    hopeless = False
    for typed in functions:
        met: dict[tuple[int, str], Fault] = {}
        if -1 in typed.faults:
            met[-1, ""] = typed.faults[-1]
        for instruction in typed.flow.instructions():
            fault = typed.faults.get(id(instruction))
            if fault is not None and _is_unavoidable(typed.source, fault):
                met[fault.node, fault.what] = fault
                hopeless = hopeless or instruction.op == "leave" or _changes_object(typed, instruction)
        if met:
            met |= {(f.node, f.what): f for f in written.get(id(typed.source), ()) if _is_unavoidable(typed.source, f)}
        found += [diagnose(typed, fault) for fault in met.values()]
    if found:
        raise _refusal(found, hopeless)


def _changes_object(typed: TypedFunction, instruction: Instruction) -> bool:
    """Whether it assigns to an attribute of an object of which nothing is known."""
    return instruction.op == "set_attribute" and isinstance(typed.argument_kinds[id(instruction)][0], Object)


def refuse_unknown_results(functions: tuple[TypedFunction, ...]) -> None:
    """Raise a CompileError where CPython would do the rest of a call: nobody knows the class of its result beforehand. What is in the way of a
    `raise` has none."""
    found = [diagnose(t, f) for t in functions for f in t.faults.values() if not _is_raising(t.source, f)]
    if found:
        raise _refusal(found, hopeless=False)


def refuse_moving_callees(functions: tuple[TypedFunction, ...]) -> None:
    """Raise a CompileError for calls of functions that move arrays: recursive ones, as others are not compiled along once they are known to do."""
    why, do = "those that call it would not know that the array is read-only now", ("move it where the recursion starts",)
    found = []
    for typed in functions:
        for i in typed.flow.instructions():
            callee = typed.calls[id(i)].function if id(i) in typed.calls else None
            if callee is not None and any(step.takes_over for step in callee.steps.values()):
                fault = Fault(i.node, f"a call of `{callee.source.name}`, which moves an array and may call itself", "unsupported-call", why, do)
                found.append(diagnose(typed, fault))
    if found:
        raise _refusal(found, hopeless=False)


def _refusal(found: list[Diagnostic], hopeless: bool) -> CompileError:
    """The error to raise. Made here: a frame it passes through must not hold it, or the arguments of the call live on in a cycle."""
    error = CompileError(tuple(found[:10]))
    error.hopeless = hopeless  # whatever the arguments
    return error


def diagnose(typed: TypedFunction, fault: Fault) -> Diagnostic:
    """The Diagnostic of a fault, with its place in the source."""
    source = typed.source
    node = source.nodes[fault.node]
    line = getattr(node, "lineno", source.code.co_firstlineno)
    text = source.lines[line - 1].rstrip("\n") if line <= len(source.lines) else ""
    start = column_of(text, getattr(node, "col_offset", 0))
    end = start + 1
    if getattr(node, "end_lineno", None) == line:
        end = max(end, column_of(text, node.end_col_offset))  # type: ignore[attr-defined]
    return Diagnostic(
        what=f"cannot compile `{source.name}`: {fault.what}", slug=fault.slug, filename=source.filename, line=line,
        column=start, end_column=end, source_line=text, why=fault.why, do=fault.do,
    )  # fmt: skip


def _is_raising(source: Source, fault: Fault) -> bool:
    """Whether a fault stands in a statement that raises an exception."""
    number = fault.node
    while number in source.parents and not isinstance(source.nodes[number], (ast.Raise, ast.Assert)):
        number = source.parents[number][0]
    return isinstance(source.nodes[number], (ast.Raise, ast.Assert))


def _is_unavoidable(source: Source, fault: Fault) -> bool:
    return bool(fault.slug) and not _is_avoidable(source, fault.node)


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
