"""Which operations have no effect, and which may go on with a wrong value when a check fails: they neither trap nor branch."""

from __future__ import annotations

from accel.ir import Instruction, TypedFunction
from accel.specialize.rows import can_put_off_lanes
from accel.types.kinds import Array, Bool, FieldArray, Float, Int, Scalar, Static, StructArray, Tuple, View, members_of

__all__ = ["can_put_off", "cannot_fail", "is_pure"]

_PURE = (
    "attribute", "binary", "bound", "cell", "compare", "const", "copy", "inplace", "item", "select", "static", "truth", "tuple", "turn",
    "unary", "unpack",
)  # fmt: skip
_PLAIN = ("const", "copy", "static", "cell", "tuple", "unpack", "bound", "item", "select")
_SYMBOLS = ("<", "<=", ">", ">=", "==", "!=")
_CHOICES = ("builtins.min", "builtins.max")
_CALLS = ("math.sqrt", "math.fabs", "builtins.abs", "builtins.float", "numpy.sqrt", "numpy.absolute", "numpy.square")


def can_put_off(typed: TypedFunction, i: Instruction) -> bool:
    """Whether the checks of an operation may be put off; an access is taken to be in range."""
    kinds = typed.argument_kinds.get(id(i))
    if id(i) in typed.faults or kinds is None or id(i) in typed.steps or _is_function_call(typed, i) or _touches_records(typed, i):
        return False
    if (i.op == "unpack" and not isinstance(kinds[0], Tuple)) or (i.op == "item" and isinstance(kinds[0], FieldArray)):
        return False
    if i.op == "bound":
        return not typed.maybe_unbound.get(id(i))
    if i.op in _PLAIN or id(i) in typed.constants or can_put_off_lanes(typed, i):
        return True
    members = [m for k in kinds for m in members_of(k)]
    if i.op == "truth" or (i.op == "compare" and i.detail in _SYMBOLS):
        return all(isinstance(m, (Int, Float, Bool, Scalar)) for m in members)
    if i.op == "set_item":
        return all(isinstance(m, (Int, Float, Bool, Scalar)) for m in members_of(kinds[-1]))
    if i.op == "call":
        call = typed.calls.get(id(i))
        if call is not None and call.name in _CHOICES:
            return all(isinstance(m, (Float, Static)) or (isinstance(m, Scalar) and m.char in "fd") for m in members)
        return call is not None and call.name in _CALLS and all(isinstance(m, (Float, Int, Scalar, Static)) for m in members)
    floats = all(isinstance(m, Float) or (isinstance(m, Scalar) and m.char in "fd") for m in members)
    numbers = all(isinstance(m, (Float, Int)) or (isinstance(m, Scalar) and m.char not in "?eFD") for m in members)
    if i.op == "unary":
        return numbers and i.detail in ("-", "+")
    if i.op in ("binary", "inplace"):
        return (numbers and i.detail in ("+", "-", "*")) or (floats and i.detail == "/")
    return i.op == "attribute" and not any(isinstance(m, Tuple) for m in members)


def cannot_fail(typed: TypedFunction, store: Instruction) -> bool:
    """Whether a store whose subscripts are in range can't fail: the value is of the dtype of the array."""
    base, *_, value = typed.argument_kinds[id(store)]
    return isinstance(base, Array) and isinstance(value, Scalar) and value.char == base.char


def is_pure(typed: TypedFunction, i: Instruction) -> bool:
    """Whether an operation changes nothing but its targets."""
    if id(i) in typed.steps or id(i) in typed.faults or _is_function_call(typed, i) or _touches_records(typed, i):
        return False
    if i.op == "call":
        return id(i) in typed.calls and not typed.calls[id(i)].name.startswith("simd.")  # which may read or write memory
    return i.op in _PURE


def _is_function_call(typed: TypedFunction, i: Instruction) -> bool:
    """Whether it calls a function that is compiled along: as the operators of structs do."""
    call = typed.calls.get(id(i))
    return call is not None and call.function is not None


def _touches_records(typed: TypedFunction, i: Instruction) -> bool:
    """Whether it reads the memory of an array of structs, which stores into other arrays may change: nobody looks whether they share it."""
    return i.op not in ("copy", "bound") and any(isinstance(kind, (StructArray, View)) for kind in typed.argument_kinds.get(id(i), ()))
