"""Values -> Python objects, in machine code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from accel.lower.field_arrays import emit_box_field
from accel.lower.joined_arrays import emit_box_array
from accel.lower.layout import VECTOR_LANES, Value, components, field_offsets, member_positions
from accel.lower.text import Emitter
from accel.lower.vector_lanes import store_vector
from accel.types.kinds import (
    Array,
    Bool,
    Complex,
    FieldArray,
    Float,
    Int,
    Kind,
    NoneKind,
    Object,
    Range,
    Scalar,
    Slice,
    Struct,
    StructArray,
    Tuple,
    Union,
    Vector,
)

__all__ = ["emit_box", "emit_with", "is_boxable"]

_IMMORTAL = sys.version_info >= (3, 12)  # None, True and False need no reference count from 3.12 on
_BASIC_SIZE, _SCALAR_VALUE = 32, 16  # offsets in a class, and in a NumPy scalar


def is_boxable(kind: Kind) -> bool:
    """Whether a value of this kind can be made an object."""
    if isinstance(kind, (Struct, Tuple)):
        return all(map(is_boxable, kind.items))
    if isinstance(kind, Union):
        return all(map(is_boxable, kind.members))
    return isinstance(kind, (Int, Float, Bool, Complex, NoneKind, Scalar, Array, Object, Range, Slice, FieldArray, StructArray, Vector))


def emit_box(e: Emitter, kind: Kind, value: Value) -> str:
    """A new reference to an object of exactly this value and type; null with an exception when memory runs out."""
    match kind:
        case Int():
            return e.call("ptr", "PyLong_FromLongLong", f"i64 {value[0]}")
        case Float():
            return e.call("ptr", "PyFloat_FromDouble", f"double {value[0]}")
        case Complex():
            return e.call("ptr", "PyComplex_FromDoubles", f"double {value[0]}", f"double {value[1]}")
        case Bool():
            true, false = e.module.external("_Py_TrueStruct"), e.module.external("_Py_FalseStruct")
            return _counted(e, e.select(value[0], "ptr", true, false))
        case NoneKind():
            return _counted(e, e.module.external("_Py_NoneStruct"))
        case Object() | StructArray():  # only whole arrays of structs are held: the owner is the array
            e.call("void", "Py_IncRef", f"ptr {value[0]}")
            return value[0]
        case Scalar():
            return _box_scalar(e, kind, value)
        case Array():
            return emit_box_array(e, kind, value)
        case FieldArray():
            return emit_box_field(e, kind, value)
        case Tuple():
            return _box_tuple(e, kind, value)
        case Struct():
            return _box_struct(e, kind, value)
        case Union():
            return _box_union(e, kind, value)
        case Vector():
            return _box_vector(e, kind, value)
        case Range():
            numbers = [e.call("ptr", "PyLong_FromLongLong", f"i64 {n}") for n in value]
            return emit_with(e, numbers, lambda: _call_with(e, "PyRange_Type", numbers))
        case Slice(start, stop, step):
            return _box_slice(e, (start, stop, step), value)
    raise AssertionError(f"a {kind} is no object")


def emit_with(e: Emitter, parts: Sequence[str], make: Callable[[], str]) -> str:
    """What `make` gives, which drops or keeps the references `parts`; null, with the parts dropped, when one of them is null."""
    if not parts:
        return make()
    there = ""
    for part in parts:
        one = e.value(f"icmp ne ptr {part}, null")
        there = one if not there else e.value(f"and i1 {there}, {one}")
    good, bad, done = e.label("there"), e.label("absent"), e.label("made")
    e.branch_if(there, good, bad, likely=True)
    e.place(bad)
    for part in parts:
        e.call("void", "Py_DecRef", f"ptr {part}")  # which takes null, too
    e.branch(done)
    e.place(good)
    made = make()
    last = e.block
    e.branch(done)
    e.place(done)
    return e.merge("ptr", (made, last), ("null", bad))


def _counted(e: Emitter, operand: str) -> str:
    if not _IMMORTAL:
        e.call("void", "Py_IncRef", f"ptr {operand}")
    return operand


def _box_scalar(e: Emitter, kind: Scalar, value: Value) -> str:
    if kind.char == "?":
        return _box_numpy_bool(e, value[0])
    class_ = e.module.external(f"numpy.{kind.char}")
    size = e.value(f"load i64, ptr {e.value(f'getelementptr i8, ptr {class_}, i64 {_BASIC_SIZE}')}")
    made = e.call("ptr", "PyObject_Malloc", f"i64 {size}")  # what the class itself does, without calls of calls
    good, bad, done = e.label("there"), e.label("absent"), e.label("boxed")
    e.branch_if(e.value(f"icmp ne ptr {made}, null"), good, bad, likely=True)
    e.place(bad)
    e.call("ptr", "PyErr_NoMemory")
    e.branch(done)
    e.place(good)
    fields = [(0, "i64", "1"), (8, "ptr", class_)]
    for k, (type_, part) in enumerate(zip(components(kind), value, strict=True)):
        fields.append((_SCALAR_VALUE + k * (kind.dtype.size_bytes // len(value)), type_, part))
    for offset, type_, part in fields:
        e.do(f"store {type_} {part}, ptr {e.value(f'getelementptr i8, ptr {made}, i64 {offset}')}")
    e.branch(done)
    e.place(done)
    return made


def _box_numpy_bool(e: Emitter, operand: str) -> str:
    """One of two objects."""
    slot = e.slot("i8", align=1)
    e.do(f"store i8 {e.value(f'zext i1 {operand} to i8')}, ptr {slot}")
    descr = e.call("ptr", "PyArray_DescrFromType", "i32 0")
    made = e.call("ptr", "PyArray_Scalar", f"ptr {slot}", f"ptr {descr}", "ptr null")
    e.call("void", "Py_DecRef", f"ptr {descr}")
    return made


def _box_tuple(e: Emitter, kind: Tuple, value: Value) -> str:
    parts = _box_parts(e, kind.items, value)
    if kind.named is None:
        made = e.call("ptr", "PyTuple_New", f"i64 {len(parts)}")
    else:
        made = e.call("ptr", "PyType_GenericAlloc", f"ptr {e.module.class_address(kind.named)}", f"i64 {len(parts)}")

    def fill() -> str:
        for k, part in enumerate(parts):
            e.call("i32", "PyTuple_SetItem", f"ptr {made}", f"i64 {k}", f"ptr {part}")
        return made

    return emit_with(e, [*parts, made], fill)


def _box_struct(e: Emitter, kind: Struct, value: Value) -> str:
    parts = _box_parts(e, kind.items, value)
    made = e.call("ptr", "PyType_GenericAlloc", f"ptr {e.module.class_address(kind.value)}", "i64 0")

    def fill() -> str:
        for offset, part in zip(field_offsets(kind), parts, strict=True):
            e.do(f"store ptr {part}, ptr {e.value(f'getelementptr i8, ptr {made}, i64 {offset}')}")
        return made

    return emit_with(e, [*parts, made], fill)


def _box_vector(e: Emitter, kind: Vector, value: Value) -> str:
    """An object of the class, whose one slot has the lanes as bytes."""
    from accel.types.simd import make_vector_class

    size = kind.lanes * kind.dtype.size_bytes
    room = e.slot(f"[{size} x i8]", align=8)
    store_vector(e, kind, room, value, kind.dtype.size_bytes)
    lanes = e.call("ptr", "PyBytes_FromStringAndSize", f"ptr {room}", f"i64 {size}")
    made = e.call("ptr", "PyType_GenericAlloc", f"ptr {e.module.class_address(make_vector_class(kind.char, kind.lanes))}", "i64 0")

    def fill() -> str:
        e.do(f"store ptr {lanes}, ptr {e.value(f'getelementptr i8, ptr {made}, i64 {VECTOR_LANES}')}")
        return made

    return emit_with(e, [lanes, made], fill)


def _box_parts(e: Emitter, kinds: Sequence[Kind], value: Value) -> list[str]:
    parts, at = [], 0
    for kind in kinds:
        width = len(components(kind))
        parts.append(emit_box(e, kind, value[at : at + width]))
        at += width
    return parts


def _box_union(e: Emitter, kind: Union, value: Value) -> str:
    labels = [e.label("boxes") for _ in kind.members]
    never, done = e.label("never"), e.label("boxed")
    cases = " ".join(f"i8 {k}, label %{label}" for k, label in enumerate(labels))
    e.do(f"switch i8 {value[0]}, label %{never} [ {cases} ]")
    arms: list[tuple[str, str]] = []
    for member, label in zip(kind.members, labels, strict=True):
        e.place(label)
        made = emit_box(e, member, tuple(value[p] for p in member_positions(kind, member)))
        arms.append((made, e.block))
        e.branch(done)
    e.place(never)
    e.do("unreachable")
    e.place(done)
    return e.merge("ptr", *arms)


def _box_slice(e: Emitter, kinds: tuple[Kind, ...], value: Value) -> str:
    parts = _box_parts(e, kinds, value)

    def make() -> str:
        made = e.call("ptr", "PySlice_New", *(f"ptr {part}" for part in parts))
        for part in parts:
            e.call("void", "Py_DecRef", f"ptr {part}")
        return made

    return emit_with(e, parts, make)


def _call_with(e: Emitter, callee: str, arguments: list[str]) -> str:
    array = e.slot(f"[{len(arguments)} x ptr]", align=8)
    for k, argument in enumerate(arguments):
        e.do(f"store ptr {argument}, ptr {e.value(f'getelementptr ptr, ptr {array}, i64 {k}')}")
    made = e.call(
        "ptr", "PyObject_Vectorcall", "ptr " + e.module.external(callee), f"ptr {array}", f"i64 {len(arguments)}", "ptr null"
    )
    for argument in arguments:
        e.call("void", "Py_DecRef", f"ptr {argument}")
    return made
