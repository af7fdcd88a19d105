"""Arrays as objects, and views that become arrays like others where paths meet.

An array that is no view stands for its owner when it covers all of it. A view that is joined with such an array must not: one that
starts where its owner does gets an object of its own. So does one that is lent, wherever it starts, as what it is joined with may be
as writeable as its owner.
"""

from __future__ import annotations

from collections.abc import Iterator

from accel.ir import TypedFunction
from accel.lower.layout import Value
from accel.lower.text import Emitter
from accel.types.kinds import Array, Kind, Tuple

__all__ = ["emit_box_array", "has_settled_views", "settle_view", "standing_of"]


def has_settled_views(typed: TypedFunction) -> bool:
    """Whether a view may become an array like others somewhere in a function: at a join, as a result, as an item of a tuple."""
    made: dict[str, set[int]] = {}
    for i in typed.flow.instructions():
        for name, kind in zip(i.targets, typed.target_kinds.get(id(i), ()), strict=False):
            made.setdefault(name, set()).update(map(standing_of, _arrays(kind)))
        arguments = typed.argument_kinds.get(id(i), ())
        held = {standing_of(array) for kind in arguments for array in _arrays(kind)}
        if (i.op == "return" and _are_settled(held, typed.result)) or (i.op in ("item", "next") and len(held) > 1):
            return True
    for name, kind in zip(typed.flow.parameters, typed.kinds, strict=True):
        made.setdefault(name, set()).update(map(standing_of, _arrays(kind)))
    states = typed.entry_states.values()
    return any(_are_settled(made.get(name, set()), kind) for state in states for name, (kind, _) in state.items())


def standing_of(array: Array) -> int:
    """How far an array is from its owner: 0 it may be the very object, 1 it is a view, 2 one that is lent."""
    return array.is_view + array.is_lent


def _arrays(kind: Kind) -> Iterator[Array]:
    if isinstance(kind, Array):
        yield kind
    if isinstance(kind, Tuple):
        for item in kind.items:
            yield from _arrays(item)


def _are_settled(standings: set[int], kind: Kind) -> bool:
    """Whether arrays of one of these standings become nearer ones in a value of this kind."""
    return any(standing_of(array) < max(standings, default=0) for array in _arrays(kind))


def settle_view(e: Emitter, kind: Array, value: Value) -> Value:
    """A view as an array like others: the owner of one that starts where its owner does, or is lent, becomes an object made for the view."""
    if kind.is_lent:
        made = emit_box_array(e, kind, value)
        e.adopt(made)
        return (made, *value[1:])
    start = e.value(f"load ptr, ptr {e.value(f'getelementptr i8, ptr {value[0]}, i64 {DATA_OFFSET}')}")
    before, whole, settled = e.block, e.label("whole"), e.label("settled")
    e.branch_if(e.value(f"icmp eq ptr {start}, {value[1]}"), whole, settled)
    e.place(whole)
    made = emit_box_array(e, kind, value)
    e.adopt(made)
    whole = e.block
    e.branch(settled)
    e.place(settled)
    return (e.merge("ptr", (value[0], before), (made, whole)), *value[1:])


def emit_box_array(e: Emitter, kind: Array, value: Value) -> str:
    """A new reference to the owner itself when the value is all of it and no view, else to a view, writeable as its owner is if it is not lent."""
    n = max(kind.ndim, 1)
    sizes = e.slot(f"[{2 * n} x i64]", align=8)
    for k, part in enumerate(value[2:]):
        e.do(f"store i64 {part}, ptr {e.value(f'getelementptr i64, ptr {sizes}, i64 {k}')}")
    strides = e.value(f"getelementptr i64, ptr {sizes}, i64 {kind.ndim}")
    e.module.define_once("accel.box_array", _BOX_ARRAY)
    e.module.external("ndarray")
    for name, result, parameters in _ARRAY_FUNCTIONS:
        e.module.declare(name, result, parameters)
    return e.value(
        f'call ptr @"accel.box_array"(ptr {value[0]}, ptr {value[1]}, i32 {kind.ndim}, ptr {sizes}, ptr {strides}, '
        f"i32 {kind.dtype.number}, i1 {'true' if kind.is_view else 'false'}, i32 {0 if kind.is_lent else _WRITEABLE})"
    )


_WRITEABLE = 0x400
DATA_OFFSET = 16  # of the address of the data in an array object
_ARRAY_FUNCTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Py_IncRef", "void", ("ptr",)),
    ("Py_DecRef", "void", ("ptr",)),
    ("PyType_IsSubtype", "i32", ("ptr", "ptr")),
    ("PyArray_DescrFromType", "ptr", ("i32",)),
    ("PyArray_NewFromDescr", "ptr", ("ptr", "ptr", "i32", "ptr", "ptr", "ptr", "i32", "ptr")),
    ("PyArray_SetBaseObject", "i32", ("ptr", "ptr")),
)
# PyArrayObject: data 16, nd 24, dims 32, strides 40, flags 64. The owner is an ndarray, an argument or made by NumPy on our behalf, or a record: data 24, flags 40.
_BOX_ARRAY = """
define internal ptr @"accel.box_array"(ptr %owner, ptr %data, i32 %nd, ptr %dims, ptr %strides, i32 %type, i1 %is_view, i32 %access) noinline {
entry:
  %n64 = sext i32 %nd to i64
  %data_at = getelementptr i8, ptr %owner, i64 16
  %odata = load ptr, ptr %data_at
  %nd_at = getelementptr i8, ptr %owner, i64 24
  %ond = load i32, ptr %nd_at
  %dims_at = getelementptr i8, ptr %owner, i64 32
  %odims = load ptr, ptr %dims_at
  %strides_at = getelementptr i8, ptr %owner, i64 40
  %ostrides = load ptr, ptr %strides_at
  %same_data = icmp eq ptr %odata, %data
  %same_nd = icmp eq i32 %ond, %nd
  %maybe = and i1 %same_data, %same_nd
  %not_view = xor i1 %is_view, true
  %both = and i1 %maybe, %not_view
  br i1 %both, label %loop, label %view
loop:
  %k = phi i64 [ 0, %entry ], [ %k1, %step ]
  %all = icmp eq i64 %k, %n64
  br i1 %all, label %same, label %look
look:
  %d_at = getelementptr i64, ptr %dims, i64 %k
  %d = load i64, ptr %d_at
  %od_at = getelementptr i64, ptr %odims, i64 %k
  %od = load i64, ptr %od_at
  %s_at = getelementptr i64, ptr %strides, i64 %k
  %s = load i64, ptr %s_at
  %os_at = getelementptr i64, ptr %ostrides, i64 %k
  %os = load i64, ptr %os_at
  %eq_d = icmp eq i64 %d, %od
  %eq_s = icmp eq i64 %s, %os
  %eq = and i1 %eq_d, %eq_s
  br i1 %eq, label %step, label %view
step:
  %k1 = add i64 %k, 1
  br label %loop
same:
  call void @"Py_IncRef"(ptr %owner)
  ret ptr %owner
view:
  %class_at = getelementptr i8, ptr %owner, i64 8
  %class = load ptr, ptr %class_at
  %an_array = call i32 @"PyType_IsSubtype"(ptr %class, ptr @"ndarray")
  %a_record = icmp eq i32 %an_array, 0
  %flags_offset = select i1 %a_record, i64 40, i64 64
  %flags_at = getelementptr i8, ptr %owner, i64 %flags_offset
  %oflags = load i32, ptr %flags_at
  %flags = and i32 %oflags, %access
  %descr = call ptr @"PyArray_DescrFromType"(i32 %type)
  %made = call ptr @"PyArray_NewFromDescr"(ptr @"ndarray", ptr %descr, i32 %nd, ptr %dims, ptr %strides, ptr %data, i32 %flags, ptr null)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %out, label %base
base:
  call void @"Py_IncRef"(ptr %owner)
  %r = call i32 @"PyArray_SetBaseObject"(ptr %made, ptr %owner)
  %no_base = icmp slt i32 %r, 0
  br i1 %no_base, label %drop, label %out
drop:
  call void @"Py_DecRef"(ptr %made)
  ret ptr null
out:
  ret ptr %made
}
"""
