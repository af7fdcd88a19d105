"""Kinds of the instructions of a strip, and whether a body can stand in one."""

from __future__ import annotations

from accel.ir import Instruction, StripPlan, TypedFunction
from accel.types.kinds import Array, Float, Int, Kind, RangeIterator, Scalar, Static, Tuple, members_of

__all__ = ["find_unfit_strips", "is_gate_possible"]

_PLAIN = ("const", "copy", "static", "cell", "tuple", "unpack", "bound", "strip_get", "strip_put", "strip_affine", "attribute")
_CALLS = ("math.sqrt", "math.fabs", "builtins.abs", "builtins.float", "numpy.sqrt", "numpy.absolute", "numpy.square")


def is_gate_possible(plan: StripPlan, kinds: tuple[Kind, ...]) -> bool:
    """Whether the names of a plan have kinds for which it makes sense. `kinds`: the loop state, the arrays, the integers."""
    arrays = dict(zip(plan.arrays, kinds[1:], strict=False))
    integers = kinds[1 + len(arrays) :]
    if kinds[0] != RangeIterator() or not all(isinstance(k, Int) for k in integers):
        return False
    for access in (*plan.loads, *plan.stores):
        array = arrays[access.array]
        if not isinstance(array, Array) or array.ndim != len(access.indexes):
            return False
        if access in plan.stores and not array.writeable:
            return False
    return True


def find_unfit_strips(typed: TypedFunction) -> frozenset[int]:
    """Nodes of the loops whose strips hold something whose checks can't be put off."""
    unfit = set()
    for block in typed.flow.blocks.values():
        if block.instructions[0].op != "strip_item" or block.name not in typed.entry_states:
            continue
        for instruction in block.instructions[1:-3]:
            if not _can_put_off(typed, instruction):
                unfit.add(block.instructions[0].node)
    return frozenset(unfit)


def _can_put_off(typed: TypedFunction, i: Instruction) -> bool:
    """Whether an operation may go on with a wrong value when its check fails: it neither traps nor branches."""
    kinds = typed.argument_kinds.get(id(i))
    if id(i) in typed.faults or kinds is None:
        return False
    if i.op == "bound":
        return not typed.maybe_unbound.get(id(i))
    if i.op in _PLAIN or id(i) in typed.constants:
        return True
    members = [m for k in kinds for m in members_of(k)]
    if i.op == "call":
        call = typed.calls.get(id(i))
        return call is not None and call.name in _CALLS and all(isinstance(m, (Float, Int, Scalar, Static)) for m in members)
    floats = all(isinstance(m, Float) or (isinstance(m, Scalar) and m.char in "fd") for m in members)
    numbers = all(isinstance(m, (Float, Int)) or (isinstance(m, Scalar) and m.char not in "?eFD") for m in members)
    if i.op == "unary":
        return numbers and i.detail in ("-", "+")
    if i.op in ("binary", "inplace"):
        return (numbers and i.detail in ("+", "-", "*")) or (floats and i.detail == "/")
    return i.op == "attribute" and not any(isinstance(m, Tuple) for m in members)
