"""Arrays in machine code: element addresses, checked indexes, views, the state of loops over arrays, ranges and tuples."""

from __future__ import annotations

from accel.lower.convert import convert_value
from accel.lower.layout import Value, components
from accel.lower.numpy_casts import emit_store_cast, load_element, store_element
from accel.lower.records import record_size
from accel.lower.text import Emitter
from accel.lower.unions import emit_union
from accel.types.arrays import axes_of, is_index, item_kind
from accel.types.kinds import Array, Int, Kind, NoneKind, Scalar, Slice, StructArray, Tuple, Union

__all__ = [
    "array_attribute",
    "DESCR_OFFSET",
    "element_address",
    "emit_index",
    "emit_integer",
    "emit_item",
    "emit_set_item",
    "emit_tuple_item",
    "has_other_dtype",
    "record_address",
    "shape_of",
    "strides_of",
    "tuple_parts",
]


DESCR_OFFSET = 56  # of the dtype in an array object


def shape_of(array: Array | StructArray, value: Value) -> Value:
    """The lengths of the axes."""
    return value[2 : 2 + array.ndim]


def strides_of(array: Array, value: Value) -> Value:
    """The strides in bytes; those the layout fixes are constants."""
    strides = list(value[2 + array.ndim :])
    if array.layout == "C" and array.ndim:
        strides[-1] = str(array.dtype.size_bytes)
    if array.layout == "F" and array.ndim:
        strides[0] = str(array.dtype.size_bytes)
    return tuple(strides)


def emit_integer(e: Emitter, kind: Kind, value: Value) -> str:
    """An integer operand as i64; an unsigned value beyond 2^63 leaves."""
    if isinstance(kind, Union):
        return emit_union(e, lambda k: Int(), lambda k, v: (emit_integer(e, k[0], v[0]),), (kind,), [value], Int())[0]
    if isinstance(kind, Scalar):
        bits, signed = kind.dtype.bits, kind.dtype.family == "i"
        if bits < 64:
            return e.value(f"{'s' if signed else 'z'}ext i{bits} {value[0]} to i64")
        if not signed:
            e.exit_if(e.value(f"icmp slt i64 {value[0]}, 0"))
    elif components(kind) == ("i1",):
        return e.value(f"zext i1 {value[0]} to i64")
    return value[0]


def emit_index(e: Emitter, index: str, length: str) -> str:
    """A checked index: negative ones count from the end, one out of range leaves. One unsigned compare when it is in range."""
    if index.lstrip("-").isdigit():
        if int(index) >= 0:
            e.exit_if(e.value(f"icmp ule i64 {length}, {index}"))
            return index
        e.exit_if(e.value(f"icmp ult i64 {length}, {-int(index)}"))
        return e.value(f"add i64 {length}, {index}")
    fits = e.value(f"icmp ult i64 {index}, {length}")
    before, cold, after = e.block, e.label("wrap"), e.label("indexed")
    e.branch_if(fits, after, cold, likely=True)
    e.place(cold)
    wrapped = e.value(f"add i64 {index}, {length}")
    outside = e.value(f"icmp uge i64 {wrapped}, {length}")
    positive = e.value(f"icmp sge i64 {index}, 0")  # so that LLVM knows: no way back for these
    e.exit_if(e.value(f"or i1 {outside}, {positive}"))
    cold = e.block
    e.branch(after)
    e.place(after)
    return e.merge("i64", (index, before), (wrapped, cold))


def _offset(e: Emitter, data: str, index: str, stride: str) -> str:
    if index == "0":
        return data
    step = e.value(f"mul i64 {index}, {stride}")
    return e.value(f"getelementptr i8, ptr {data}, i64 {step}")


def record_address(e: Emitter, base: StructArray, kinds: tuple[Kind, ...], value: Value, indexes: list[Value], *, checked: bool = True) -> str:
    """Address of an element of an array of structs."""
    data = value[1]
    for axis, (kind, index) in enumerate(zip(kinds, indexes, strict=True)):
        at = emit_integer(e, kind, index)
        stride = str(record_size(base.struct)) if base.layout == "C" and axis == base.ndim - 1 else value[2 + base.ndim + axis]
        data = _offset(e, data, emit_index(e, at, value[2 + axis]) if checked else at, stride)
    return data


def emit_item(
    e: Emitter, base: Array | StructArray, kinds: tuple[Kind, ...], value: Value, indexes: list[Value], *, checked: bool = True
) -> Value:
    """`a[indexes]`: an element, or a view."""
    if isinstance(base, StructArray):
        return (value[0], record_address(e, base, kinds, value, indexes, checked=checked))
    data, shape, strides = _address(e, base, kinds, value, indexes, checked)
    made = item_kind(base, kinds)
    if isinstance(made, Scalar):
        return load_element(e, base.char, data)
    assert isinstance(made, Array) and made.ndim == len(shape)
    return (value[0], data, *shape, *strides)


def emit_set_item(
    e: Emitter,
    base: Array,
    kinds: tuple[Kind, ...],
    value: Value,
    indexes: list[Value],
    stored: tuple[Kind, Value],
    *,
    checked: bool = True,
) -> None:
    """`a[indexes] = stored` for one element."""
    data, shape, _ = _address(e, base, kinds, value, indexes, checked)
    assert not shape
    store_element(e, base.char, data, emit_store_cast(e, stored[0], stored[1], base.char))


def element_address(e: Emitter, base: Array, value: Value, indexes: list[Value]) -> str:
    """Address of an element whose subscripts are known to be in range."""
    return _address(e, base, (Int(),) * base.ndim, value, indexes, checked=False)[0]


def _address(
    e: Emitter, base: Array, kinds: tuple[Kind, ...], value: Value, indexes: list[Value], checked: bool
) -> tuple[str, list[str], list[str]]:
    """Address of the first element meant, and lengths and strides of the axes that stay."""
    data = value[1]
    lengths, steps = shape_of(base, value), strides_of(base, value)
    shape: list[str] = []
    strides: list[str] = []
    subscripts = axes_of(base, kinds)
    assert subscripts is not None
    for axis, (length, subscript) in enumerate(zip(lengths, subscripts, strict=True)):
        if subscript is None:
            shape.append(length)
            strides.append(steps[axis])
            continue
        kind, index = kinds[subscript], indexes[subscript]
        if is_index(kind):
            at = emit_integer(e, kind, index)
            data = _offset(e, data, emit_index(e, at, length) if checked else at, steps[axis])
        else:
            assert isinstance(kind, Slice)
            start, count, step = _adjust_slice(e, kind, index, length)
            data = _offset(e, data, start, steps[axis])
            shape.append(count)
            strides.append(steps[axis] if step == "1" else e.value(f"mul i64 {steps[axis]}, {step}"))
    return data, shape, strides


def _adjust_slice(e: Emitter, kind: Slice, value: Value, length: str) -> tuple[str, str, str]:
    """Start, count and step of a slice over an axis, as `PySlice_AdjustIndices`."""
    parts: list[str | None] = []
    at = 0
    for part in (kind.start, kind.stop, kind.step):
        width = len(components(part))
        parts.append(None if isinstance(part, NoneKind) else emit_integer(e, part, value[at : at + width]))
        at += width
    step = parts[2] or "1"
    if step == "1":
        return _adjust_forward(e, parts[0], parts[1], length)
    e.exit_if(e.value(f"icmp eq i64 {step}, 0"))
    e.exit_if(e.value(f"icmp eq i64 {step}, {-(2**63)}"))
    back = e.value(f"icmp slt i64 {step}, 0")
    low = e.select(back, "i64", "-1", "0")
    high = e.value(f"add i64 {length}, {low}")
    start = _clip(e, parts[0], length, low, high) if parts[0] else e.select(back, "i64", high, "0")
    stop = _clip(e, parts[1], length, low, high) if parts[1] else e.select(back, "i64", "-1", length)
    ahead = e.value(f"sub i64 {stop}, {start}")
    behind = e.value(f"sub i64 {start}, {stop}")
    distance = e.select(back, "i64", behind, ahead)
    size = e.select(back, "i64", e.value(f"sub i64 0, {step}"), step)
    turns = e.value(f"udiv i64 {e.value(f'sub i64 {distance}, 1')}, {size}")
    some = e.value(f"icmp sgt i64 {distance}, 0")
    count = e.select(some, "i64", e.value(f"add i64 {turns}, 1"), "0")
    return (
        e.select(some, "i64", start, "0"),
        count,
        e.select(some, "i64", step, "1"),
    )  # as NumPy has it: of nothing, the step is 1


def _adjust_forward(e: Emitter, start: str | None, stop: str | None, length: str) -> tuple[str, str, str]:
    first = _clip(e, start, length, "0", length) if start else "0"
    last = _clip(e, stop, length, "0", length) if stop else length
    distance = e.value(f"sub i64 {last}, {first}")
    some = e.value(f"icmp sgt i64 {distance}, 0")
    return e.select(some, "i64", first, "0"), e.select(some, "i64", distance, "0"), "1"


def _clip(e: Emitter, index: str, length: str, low: str, high: str) -> str:
    negative = e.value(f"icmp slt i64 {index}, 0")
    wrapped = e.select(negative, "i64", e.value(f"add i64 {index}, {length}"), index)
    above = e.call("i64", "llvm.smax.i64", f"i64 {wrapped}", f"i64 {low}")
    return e.call("i64", "llvm.smin.i64", f"i64 {above}", f"i64 {high}")


def has_other_dtype(e: Emitter, base: Array, value: Value) -> str:
    """Whether the owner's dtype object is not the one NumPy itself makes for it: unpickled arrays have their own."""
    place = e.value(f"getelementptr i8, ptr {value[0]}, i64 {DESCR_OFFSET}")
    return e.value(f"icmp ne ptr {e.value(f'load ptr, ptr {place}')}, {e.module.external(f'dtype.{base.char}')}")


def array_attribute(e: Emitter, base: Array | StructArray, name: str, value: Value) -> Value:
    """`a.shape`, `a.size`, `a.T` and the like."""
    shape = shape_of(base, value)
    if name == "shape":
        return shape
    if isinstance(base, StructArray):
        return (str(base.ndim) if name == "ndim" else _product(e, shape),)
    strides = strides_of(base, value)
    match name:
        case "strides":
            return strides_of(base, value) if base.layout == "A" else value[2 + base.ndim :]
        case "ndim":
            return (str(base.ndim),)
        case "itemsize":
            return (str(base.dtype.size_bytes),)
        case "T":
            return (*value[:2], *reversed(shape), *reversed(strides))
    size = _product(e, shape)
    return (size if name == "size" else e.value(f"mul i64 {size}, {base.dtype.size_bytes}"),)


def _product(e: Emitter, shape: Value) -> str:
    """The number of elements."""
    size = "1"
    for length in shape:
        size = length if size == "1" else e.value(f"mul i64 {size}, {length}")
    return size


def tuple_parts(kind: Tuple, value: Value) -> list[Value]:
    """The items of a tuple."""
    parts, at = [], 0
    for item in kind.items:
        width = len(components(item))
        parts.append(value[at : at + width])
        at += width
    return parts


def emit_tuple_item(e: Emitter, kind: Tuple, value: Value, index: str, *, checked: bool = True) -> Value:
    """`t[index]` with the kind `item_kind` promises."""
    made = item_kind(kind, (Int(),))
    assert made is not None
    parts = tuple_parts(kind, value)
    at = emit_index(e, index, str(len(parts))) if checked else index
    if at.isdigit():
        return convert_value(e, kind.items[int(at)], made, parts[int(at)])
    labels = [e.label("item") for _ in parts]
    other, done = e.label("never"), e.label("got")
    cases = " ".join(f"i64 {k}, label %{label}" for k, label in enumerate(labels))
    e.do(f"switch i64 {at}, label %{other} [ {cases} ]")
    arms: list[tuple[Value, str]] = []
    for part, item, label in zip(parts, kind.items, labels, strict=True):
        e.place(label)
        converted = convert_value(e, item, made, part)
        arms.append((converted, e.block))
        e.branch(done)
    e.place(other)
    e.do("unreachable")
    e.place(done)
    return tuple(e.merge(t, *((arm[k], label) for arm, label in arms)) for k, t in enumerate(components(made)))
