"""Tests of arguments in machine code: whether arrays that may share no memory lie apart, and whether one may have been moved.

They only doubt: what is in doubt, `accel.dispatch.ownership` looks at, or CPython makes the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType

from accel.lower.layout import Value
from accel.lower.strips import are_apart
from accel.lower.text import Emitter
from accel.types.annotations import enforced_parameters
from accel.types.kinds import Array, Kind
from accel.types.ownership import find_exclusive_pairs

__all__ = ["emit_doubt", "emit_owner_checks"]

_FLAGS, _WRITEABLE = 64, 0x400  # offset in an array object


def emit_owner_checks(e: Emitter, function: FunctionType, arguments: str, parameters: Sequence[tuple[Kind, Value]]) -> None:
    """Have Python look at arguments in doubt, objects at the address `arguments`; it may raise."""
    doubt = emit_doubt(e, function, parameters, is_entry=True)
    if not doubt:
        return
    unsure, raised, sound = e.label("unsure"), e.label("raised"), e.label("sound")
    e.branch_if(doubt, unsure, sound, likely=False)
    e.place(unsure)
    looked = e.call("ptr", "PyObject_Vectorcall", f"ptr {e.module.external('owners')}", f"ptr {arguments}", f"i64 {len(parameters)}", "ptr null")
    e.call("void", "Py_DecRef", f"ptr {looked}")  # which takes null, too
    e.branch_if(e.value(f"icmp eq ptr {looked}, null"), raised, sound, likely=False)
    e.place(raised)
    e.do("ret ptr null")
    e.place(sound)


def emit_doubt(e: Emitter, function: FunctionType, parameters: Sequence[tuple[Kind, Value]], *, is_entry: bool = False) -> str:
    """An i1, whether arguments may break a rule of the function's annotations; "" where none of these kinds can. At an entry they have the kinds of the
    parameters, else those with which they are passed: a view that was made here is no object that can have been moved."""
    enforced = enforced_parameters(function)
    doubts = []
    for one, other in find_exclusive_pairs(enforced):
        first, second = parameters[one.position], parameters[other.position]
        if isinstance(first[0], Array) and isinstance(second[0], Array):
            doubts.append(e.value(f"xor i1 {are_apart(e, first, second)}, true"))
    for parameter in enforced:
        kind, value = parameters[parameter.position]
        if parameter.role and isinstance(kind, Array) and not kind.writeable and (is_entry or not kind.is_view):
            doubts.append(_emit_is_moved(e, value[0]))
    doubt = ""
    for one_doubt in doubts:
        doubt = e.value(f"or i1 {doubt}, {one_doubt}") if doubt else one_doubt
    return doubt


def _emit_is_moved(e: Emitter, operand: str) -> str:
    """Whether an array object can't be written, and there are arrays that have been moved."""
    flags = e.value(f"load i32, ptr {e.value(f'getelementptr i8, ptr {operand}, i64 {_FLAGS}')}")
    access = e.value(f"and i32 {flags}, {_WRITEABLE}")
    moved = e.value(f"load i64, ptr {e.module.external('accel.moved')}")
    return e.value(f"and i1 {e.value(f'icmp eq i32 {access}, 0')}, {e.value(f'icmp ne i64 {moved}, 0')}")
