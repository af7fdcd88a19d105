"""Exit record -> Python objects: reads the live values of an exit from memory, each as exactly the type it stands for."""

from __future__ import annotations

import ctypes
import importlib
import struct
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from accel.ir import Exit
from accel.lower.layout import components, member_positions, vector_type, word_places
from accel.types.kinds import (
    Array,
    ArrayIterator,
    Bool,
    Complex,
    EnumerateIterator,
    FieldArray,
    Float,
    Int,
    Kind,
    Nested,
    NoneKind,
    Object,
    Range,
    RangeIterator,
    Scalar,
    Slice,
    Static,
    Struct,
    StructArray,
    Tuple,
    TupleIterator,
    Union,
    Vector,
    View,
    ZipIterator,
)
from accel.types.structs import layout_of_kind

__all__ = ["box_value", "object_at", "read_record"]

Words = Sequence[int]  # unsigned, one per component

_ALIGNED, _WRITEABLE = 0x0100, 0x0400  # NPY_ARRAY_*
_NEW_FROM_DESCR, _SET_BASE_OBJECT = 94, 282  # places in NumPy's table of C functions, the same since NumPy 1.7


def read_record(exit_: Exit, address: int) -> dict[str, Any]:
    """The live names of an exit that are bound, with their values as Python objects.

    Parameters
    ----------
    exit_ : Exit
        Says what lies where.
    address : int
        Of the record: words of 8 bytes. It has to be readable; the objects it points to have to be alive.
    """
    size = _size_words(exit_)
    words = struct.unpack(f"={size}Q", ctypes.string_at(address, 8 * size))
    found: dict[str, Any] = {}
    for live in exit_.live:
        if (live.flag < 0 or words[live.flag] & 1) and type(live.kind) in _BOXES:
            found[live.name] = box_value(live.kind, words[live.offset : live.offset + _size_of(live.kind)])
    return found


_HOLDING = (Static, Nested, Struct, StructArray, View, Tuple, TupleIterator, EnumerateIterator, ZipIterator)  # may hold objects of the user


def _count_words(kind: Kind) -> int:
    return word_places(components(kind))[-1]


_known_size = lru_cache(maxsize=4096)(_count_words)


def _size_of(kind: Kind) -> int:
    """How many words a value takes."""
    return _count_words(kind) if isinstance(kind, _HOLDING) else _known_size(kind)


def _size_words(exit_: Exit) -> int:
    sizes = [max(live.offset + _size_of(live.kind), live.flag + 1) for live in exit_.live]
    return max(sizes, default=0)


def box_value(kind: Kind, words: Words) -> Any:
    """The Python object of a value, given the words of its components."""
    return _BOXES[type(kind)](kind, words)


def object_at(address: int) -> Any:
    """The object at an address, with a reference of its own."""
    if not address:
        raise SystemError("an object in an exit record is missing")
    return ctypes.cast(address, ctypes.py_object).value


def _signed(word: int, bits: int = 64) -> int:
    word &= (1 << bits) - 1
    return word - (1 << bits) if word >> (bits - 1) else word


def _double(word: int) -> float:
    value: float = struct.unpack("=d", struct.pack("=Q", word))[0]
    return value


def _box_scalar(kind: Any, words: Words) -> Any:
    """A NumPy scalar, bit for bit (a NaN keeps its payload)."""
    import numpy

    dtype = kind.dtype
    size = dtype.size_bytes // len(words)
    bits = [word & 1 for word in words] if dtype.family == "b" else words
    raw = b"".join((bit & ((1 << 8 * size) - 1)).to_bytes(size, sys.byteorder) for bit in bits)
    return numpy.frombuffer(raw, numpy.dtype(kind.char))[0]


def _split(kinds: Sequence[Kind], words: Words) -> list[Any]:
    made, at = [], 0
    for kind in kinds:
        count = _size_of(kind)
        made.append(box_value(kind, words[at : at + count]))
        at += count
    return made


def _box_union(kind: Any, words: Words) -> Any:
    member = kind.members[words[0] & 0xFF]
    return box_value(member, [words[p] for p in _member_positions(kind, member)])


_member_positions = lru_cache(maxsize=4096)(member_positions)


def _box_struct(kind: Any, words: Words) -> Any:
    return layout_of_kind(kind).build(_split(kind.items, words))


def _box_view(kind: Any, words: Words) -> Any:
    """The record itself where it came as one, else one of its owner's memory."""
    from accel.types.records import dtype_of

    owner, dtype = object_at(words[0]), dtype_of(layout_of_kind(kind.struct))
    if type(owner) is kind.value and owner.dtype is dtype and owner.__array_interface__["data"][0] == words[1]:
        return owner
    return _make_view(owner, dtype, words[1], (), (), kind.writeable)[()]


def _box_vector(kind: Any, words: Words) -> Any:
    """A SIMD value: its lanes are at the beginning of the words of each of its vectors."""
    import numpy

    from accel.types.simd import build_vector

    size = word_places((vector_type(kind),))[-1]
    held = numpy.dtype(f"i{max(1, kind.bits // 8)}") if kind.bits else numpy.dtype(kind.char)
    groups = [struct.pack(f"={size}Q", *words[at : at + size])[: kind.group * held.itemsize] for at in range(0, len(words), size)]
    lanes = numpy.frombuffer(b"".join(groups), held)
    return build_vector(kind.char, lanes != 0 if kind.bits else lanes)


# -- arrays


def _box_array(kind: Any, words: Words) -> Any:
    """The array itself where it is all of its owner, else a view of the owner."""
    import numpy

    owner, data = object_at(words[0]), words[1]
    shape = tuple(_signed(w) for w in words[2 : 2 + kind.ndim])
    strides = tuple(_signed(w) for w in words[2 + kind.ndim : 2 + 2 * kind.ndim])
    whole = type(owner) is numpy.ndarray and (owner.ctypes.data, owner.shape, owner.strides) == (data, shape, strides)
    if whole and not kind.is_view:
        if owner.dtype.char == kind.char and owner.dtype.isnative:
            return owner
    writeable = bool(owner.flags.writeable) and not kind.is_lent if isinstance(owner, (numpy.ndarray, numpy.void)) else kind.writeable
    return _make_view(owner, numpy.dtype(kind.char), data, shape, strides, writeable)


def _box_field_array(kind: Any, words: Words) -> Any:
    """The array of a field, of its elements."""
    from accel.types.field_arrays import build_array

    return build_array(kind, b"".join([element.tobytes() for element in _split((Scalar(kind.char),) * kind.size, words)]))


def _make_view(owner: Any, dtype: Any, data: int, shape: tuple[int, ...], strides: tuple[int, ...], writeable: bool) -> Any:
    import numpy

    new, set_base, increment = _numpy_functions()
    longs = ctypes.c_ssize_t * max(1, len(shape))
    flags = _ALIGNED | (_WRITEABLE if writeable else 0)
    increment(dtype)  # the call takes over a reference
    made = new(numpy.ndarray, dtype, len(shape), longs(*shape), longs(*strides), data, flags, None)
    increment(owner)
    set_base(made, owner)
    return made


@lru_cache(maxsize=1)
def _numpy_functions() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """PyArray_NewFromDescr, PyArray_SetBaseObject, Py_IncRef."""
    import numpy

    core = "numpy._core" if int(numpy.__version__.split(".")[0]) >= 2 else "numpy.core"
    umath = importlib.import_module(f"{core}._multiarray_umath")
    take = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    pointer = take(("PyCapsule_GetPointer", ctypes.pythonapi))
    table = ctypes.cast(pointer(umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    thing, longs = ctypes.py_object, ctypes.c_void_p
    new = ctypes.PYFUNCTYPE(thing, thing, thing, ctypes.c_int, longs, longs, longs, ctypes.c_int, longs)
    set_base = ctypes.PYFUNCTYPE(ctypes.c_int, thing, thing)
    increment = ctypes.PYFUNCTYPE(None, thing)(("Py_IncRef", ctypes.pythonapi))
    return new(table[_NEW_FROM_DESCR]), set_base(table[_SET_BASE_OBJECT]), increment


# -- iterators


def _box_range_iterator(kind: Any, words: Words) -> Any:
    current, left, step = (_signed(w) for w in words)
    return iter(range(current, current + left * step, step)) if left > 0 else iter(range(0))


def _box_sequence_iterator(kind: Any, words: Words) -> Any:
    sequence = kind.array if isinstance(kind, ArrayIterator) else kind.tuple
    iterator = iter(box_value(sequence, words[:-1]))
    iterator.__setstate__(_signed(words[-1]))
    return iterator


def _box_enumerate(kind: Any, words: Words) -> Any:
    return enumerate(box_value(kind.inner, words[1:]), _signed(words[0]))


_BOXES: dict[type[Kind], Callable[[Any, Words], Any]] = {
    Int: lambda kind, words: _signed(words[0]),
    Float: lambda kind, words: _double(words[0]),
    Bool: lambda kind, words: bool(words[0] & 1),
    Complex: lambda kind, words: complex(_double(words[0]), _double(words[1])),
    NoneKind: lambda kind, words: None,
    Static: lambda kind, words: kind.value,
    Nested: lambda kind, words: kind,  # no value: it is defined once more
    Object: lambda kind, words: object_at(words[0]),
    Scalar: _box_scalar,
    Struct: _box_struct,
    StructArray: lambda kind, words: object_at(words[0]),
    View: _box_view,
    Tuple: lambda kind, words: tuple.__new__(kind.named or tuple, _split(kind.items, words)),
    Union: _box_union,
    Vector: _box_vector,
    Array: _box_array,
    Range: lambda kind, words: range(*(_signed(w) for w in words)),
    FieldArray: _box_field_array,
    Slice: lambda kind, words: slice(*_split((kind.start, kind.stop, kind.step), words)),
    RangeIterator: _box_range_iterator,
    ArrayIterator: _box_sequence_iterator,
    TupleIterator: _box_sequence_iterator,
    EnumerateIterator: _box_enumerate,
    ZipIterator: lambda kind, words: zip(*_split(kind.inner, words), strict=kind.strict),
}
