"""How deep compiled functions call each other: counted as CPython counts, so that it is CPython who raises RecursionError."""

from __future__ import annotations

import sys

from accel.ir import Instruction, TypedFunction
from accel.lower.body import FunctionBody
from accel.types.kinds import Float, Int, Scalar, members_of

__all__ = ["emit_last_room", "enter_call", "leave_call"]

# Words of the state: 1 the Python calls that CPython's limit leaves, 3 the lowest address of the stack (`accel.depth` sets them).
_LEFT, _LOWEST = 1, 3
_COMPACT = 2**30  # ints below it are one digit
_SILENT = {f"builtins.{n}" for n in "len isinstance int float bool enumerate reversed type".split()}


def enter_call(body: FunctionBody, callee: TypedFunction) -> None:
    """Count a call; at CPython's limit, or that of the stack, CPython does it (and may raise RecursionError)."""
    if not (callee.counted or body.typed.recursive):
        return
    e = body.e
    left, lowest = _load(body, _LEFT), _load(body, _LOWEST)
    here = e.value(f"ptrtoint ptr {e.slot('i8')} to i64")
    low = e.value(f"icmp ult i64 {here}, {lowest}")
    e.exit_if(e.value(f"or i1 {low}, {e.value(f'icmp sle i64 {left}, 0')}"))
    if callee.counted:
        e.do(f"store i64 {e.value(f'add i64 {left}, -1')}, ptr {_place(body, _LEFT)}")


def leave_call(body: FunctionBody, callee: TypedFunction) -> None:
    """Undo what `enter_call` has counted."""
    if callee.counted:
        body.e.do(f"store i64 {body.e.value(f'add i64 {_load(body, _LEFT)}, 1')}, ptr {_place(body, _LEFT)}")


def emit_last_room(body: FunctionBody, instruction: Instruction) -> None:
    """Before 3.12, calls of C code and comparisons count as calls, too: in the last frame there is room for, CPython does them.

    Not those it has versions of its own for by then: of two ints of one digit or two floats, when a jump follows.
    """
    e, typed = body.e, body.typed
    if sys.version_info >= (3, 12) or not typed.recursive or e.put_off:
        return
    kinds = typed.argument_kinds.get(id(instruction), ())
    members = [m for kind in kinds for m in members_of(kind)]
    if instruction.op == "call":
        call = typed.calls.get(id(instruction))
        if call is None or call.function is not None or call.name in _SILENT:
            return
    elif instruction.op != "compare" or instruction.detail in ("is", "is not"):
        return
    nested = 1 if any(isinstance(m, Scalar) for m in members) else 0  # NumPy compares once more inside
    last = e.value(f"icmp sle i64 {_load(body, _LEFT)}, {nested}")
    if instruction.op == "compare" and instruction.targets[0] in body.deciding:
        if all(isinstance(k, Float) for k in kinds):
            return
        if all(isinstance(k, Int) for k in kinds):
            for name in instruction.arguments:
                moved = e.value(f"add i64 {body.read(name)[0]}, {_COMPACT - 1}")
                wide = e.value(f"icmp uge i64 {moved}, {2 * _COMPACT - 1}")
                e.exit_if(e.value(f"and i1 {last}, {wide}"))
            return
    e.exit_if(last)


def _place(body: FunctionBody, word: int) -> str:
    return body.e.value(f"getelementptr i64, ptr %state, i64 {word}")


def _load(body: FunctionBody, word: int) -> str:
    return body.e.value(f"load i64, ptr {_place(body, word)}")
