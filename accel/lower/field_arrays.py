"""Arrays that are fields of structs in machine code: their elements, which are in registers as those of a tuple."""

from __future__ import annotations

from accel.lower.arrays import element_address, emit_index, shape_of
from accel.lower.convert import int_literal
from accel.lower.layout import Value, components
from accel.lower.numpy_casts import load_element, store_element
from accel.lower.text import Emitter
from accel.types.kinds import Array, FieldArray, Scalar

__all__ = ["emit_box_field", "emit_field_item", "load_array", "field_attribute", "view_shape"]

_FEW = 4  # elements of which one is chosen by selects rather than in memory


def emit_field_item(e: Emitter, kind: FieldArray, value: Value, indexes: list[str]) -> Value:
    """An element, or a row, at integers that are looked at: an element at a known place is a register, any other is found in memory."""
    count, width = kind.size, len(components(Scalar(kind.char)))
    place, known = "0", 0
    for size, index in zip(kind.sizes, indexes, strict=False):
        at, count = _index(e, index, size), count // size
        if at.isdigit():
            known += int(at) * count
        else:
            step = at if count == 1 else e.value(f"mul i64 {at}, {count}")
            place = step if place == "0" else e.value(f"add i64 {place}, {step}")
    if place == "0":
        return value[known * width : (known + count) * width]
    place = place if not known else e.value(f"add i64 {place}, {known}")
    if count == 1 and kind.size <= _FEW:
        return _choose(e, kind, value, place)
    room = _spill(e, kind, value)
    size_bytes = kind.dtype.size_bytes
    made: Value = ()
    for k in range(count):
        at = e.value(f"add i64 {place}, {k}") if k else place
        made += load_element(e, kind.char, e.value(f"getelementptr i8, ptr {room}, i64 {e.value(f'mul i64 {at}, {size_bytes}')}"))
    return made


def _index(e: Emitter, index: str, size: int) -> str:
    known = int_literal(index)
    return str(known % size) if known is not None and -size <= known < size else emit_index(e, index, str(size))


def _choose(e: Emitter, kind: FieldArray, value: Value, place: str) -> Value:
    """One of few elements."""
    types = components(Scalar(kind.char))
    made = value[: len(types)]
    for k in range(1, kind.size):
        is_this = e.value(f"icmp eq i64 {place}, {k}")
        element = value[k * len(types) : (k + 1) * len(types)]
        made = tuple(e.select(is_this, type_, one, other) for type_, one, other in zip(types, element, made, strict=True))
    return made


def _spill(e: Emitter, kind: FieldArray, value: Value) -> str:
    """Memory with the elements one after the other."""
    size_bytes, width = kind.dtype.size_bytes, len(components(Scalar(kind.char)))
    room = e.slot(f"[{max(1, kind.size) * size_bytes} x i8]", align=16)
    for k in range(kind.size):
        at = e.value(f"getelementptr i8, ptr {room}, i64 {k * size_bytes}")
        store_element(e, kind.char, at, value[k * width : (k + 1) * width])
    return room


def load_array(e: Emitter, kind: FieldArray, given: Array, value: Value) -> Value:
    """The elements of an array; one of another shape leaves."""
    for length, size in zip(shape_of(given, value), kind.sizes, strict=True):
        if length != str(size):
            e.exit_if(e.value(f"icmp ne i64 {length}, {size}"))
    return tuple(c for place in _places(kind.sizes) for c in load_element(e, kind.char, element_address(e, given, value, [(str(k),) for k in place])))


def _places(sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The indexes of all elements, the last one changing fastest.

    >>> _places((1, 2))
    [(0, 0), (0, 1)]
    """
    return [(k, *rest) for k in range(sizes[0]) for rest in _places(sizes[1:])] if sizes else [()]


def view_shape(kind: FieldArray) -> Value:
    """Lengths and strides of such an array in memory."""
    return (*map(str, kind.sizes), *map(str, _strides(kind)))


def _strides(kind: FieldArray) -> list[int]:
    strides = [kind.dtype.size_bytes]
    for size in kind.sizes[:0:-1]:
        strides.insert(0, strides[0] * size)
    return strides


def field_attribute(kind: FieldArray, name: str) -> Value:
    """`a.shape`, `a.ndim` or `a.size`."""
    return tuple(map(str, kind.sizes)) if name == "shape" else (str(kind.ndim if name == "ndim" else kind.size),)


def emit_box_field(e: Emitter, kind: FieldArray, value: Value) -> str:
    """A new array over `bytes`, as the constructor of the struct makes one; null with an exception when memory runs out."""
    held = e.call("ptr", "PyBytes_FromStringAndSize", f"ptr {_spill(e, kind, value)}", f"i64 {kind.size * kind.dtype.size_bytes}")
    shape = view_shape(kind)
    dims = e.module.constant(f"shape.{'.'.join(shape)}", f"[{len(shape)} x i64] [{', '.join(f'i64 {n}' for n in shape)}]")
    for name, result, parameters in _FUNCTIONS:
        e.module.declare(name, result, parameters)
    e.module.external("ndarray")
    e.module.define_once("accel.box_field", _BOX_FIELD)
    strides = e.value(f"getelementptr i64, ptr {dims}, i64 {kind.ndim}")
    return e.value(f'call ptr @"accel.box_field"(ptr {held}, i32 {kind.ndim}, ptr {dims}, ptr {strides}, i32 {kind.dtype.number})')


_FUNCTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Py_DecRef", "void", ("ptr",)),
    ("PyArray_DescrFromType", "ptr", ("i32",)),
    ("PyArray_NewFromDescr", "ptr", ("ptr", "ptr", "i32", "ptr", "ptr", "ptr", "i32", "ptr")),
    ("PyArray_SetBaseObject", "i32", ("ptr", "ptr")),
)
# The text of a bytes object begins at 32. Its reference becomes that of the array.
_BOX_FIELD = """
define internal ptr @"accel.box_field"(ptr %held, i32 %nd, ptr %dims, ptr %strides, i32 %type) noinline {
entry:
  %none = icmp eq ptr %held, null
  br i1 %none, label %out, label %make
make:
  %data = getelementptr i8, ptr %held, i64 32
  %descr = call ptr @"PyArray_DescrFromType"(i32 %type)
  %made = call ptr @"PyArray_NewFromDescr"(ptr @"ndarray", ptr %descr, i32 %nd, ptr %dims, ptr %strides, ptr %data, i32 0, ptr null)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %drop, label %base
drop:
  call void @"Py_DecRef"(ptr %held)
  ret ptr null
base:
  %r = call i32 @"PyArray_SetBaseObject"(ptr %made, ptr %held)
  %no_base = icmp slt i32 %r, 0
  br i1 %no_base, label %drop_made, label %good
drop_made:
  call void @"Py_DecRef"(ptr %made)
  br label %out
good:
  ret ptr %made
out:
  ret ptr null
}
"""
