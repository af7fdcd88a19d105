"""This module is what all kernels do with their arrays: dtypes they share, results that go where the caller says, memory that machine code may work on."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy

from accel.types import SIMD

__all__ = ["check_out", "find_dtype", "find_line", "find_place", "flatten", "give_room", "is_direct", "is_plain", "take_room", "to_read"]

_rooms: dict[Any, list[tuple[Any, Any]]] = {}  # memory to work in that nobody uses: taken and given back by single, atomic operations
_SINGLE, _DOUBLE = {"f"}, {"d"}


def find_dtype(kernel: str, *arrays: Any) -> Any:
    """The class of numbers that arrays are worked on in: float32 or float64, as NumPy promotes them.

    Raises
    ------
    TypeError
        For any other, with the name of the kernel.
    """
    chars = {array.dtype.char for array in arrays}
    if chars in (_SINGLE, _DOUBLE):
        return arrays[0].dtype.type
    try:
        dtype = numpy.result_type(*(array.dtype for array in arrays))
    except TypeError:
        dtype = numpy.dtype(object)
    if dtype.char not in "fd":
        given = " and ".join(str(array.dtype) for array in arrays)
        one = "one of them" if len(arrays) > 1 else "it"
        raise TypeError(f"{kernel} takes arrays of float32 and float64, and what NumPy promotes to these, got {given}: convert {one} by `astype`")
    return dtype.type


def check_out(kernel: str, out: Any, shape: tuple[int, ...], dtype: Any) -> None:
    """Raise unless `out` can hold a result of this shape and dtype.

    Raises
    ------
    TypeError
        When it is no array, or of a dtype the result can't be cast to.
    ValueError
        When its shape is another, or it is read-only.
    """
    if not isinstance(out, numpy.ndarray):
        raise TypeError(f"{kernel}: `out` must be an array, not {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"{kernel}: `out` has shape {out.shape}, the result {shape}")
    if not numpy.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"{kernel}: `out` of {out.dtype} can't hold {numpy.dtype(dtype)}")
    if not out.flags.writeable:
        raise ValueError(f"{kernel}: `out` is read-only")


def is_plain(array: Any, dtype: Any) -> bool:
    """Whether machine code can work on the memory of an array as it is: C-ordered, aligned, native, no subclass."""
    flags, kind = array.flags, array.dtype
    return bool(flags.c_contiguous and flags.aligned and type(array) is numpy.ndarray and (kind.type is dtype or kind == dtype) and kind.isnative)


@cache
def find_line(dtype: Any) -> Any:
    """SIMD values as long as a line of the cache, 64 bytes: two registers, or one."""
    of: Any = SIMD.__class_getitem__
    return of((dtype, 64 // numpy.dtype(dtype).itemsize))


def is_direct(out: Any, dtype: Any, *read: Any) -> bool:
    """Whether a result can be written straight into `out`: it is plain, and shares no memory with what is read."""
    return out is not None and is_plain(out, dtype) and not any(numpy.may_share_memory(out, array) for array in read)


def find_place(out: Any, read: Any, dtype: Any) -> Any:
    """Where a result goes that is made from front to back of what lies there in `read`: `out`, where it may be written straight into, which shares no memory or the very
    same one; else a new array."""
    if out is not None and is_plain(out, dtype):
        if not numpy.may_share_memory(out, read) or out.__array_interface__["data"] == read.__array_interface__["data"]:
            return out
    return numpy.empty(read.shape, dtype)


def flatten(array: Any, dtype: Any) -> Any:
    """The elements in one row that can't be written, in C order; a copy where machine code can't work on the memory."""
    return to_read(array if is_plain(array, dtype) else numpy.array(array, dtype, order="C"))


def to_read(array: Any) -> Any:
    """The elements of a plain array in one row that can't be written: so that machine code for those of others, which can't be, is the same."""
    held = array.reshape(-1)
    held.setflags(write=False)
    return held


def take_room(dtype: Any, size: int) -> tuple[Any, Any]:
    """Memory to work in for so many elements at least, and a view of it that can't be written."""
    rooms = _rooms.setdefault(numpy.dtype(dtype), [])
    try:
        room, held = rooms.pop()
    except IndexError:
        room = held = None
    if room is None or room.size < size:
        room = numpy.empty(size, dtype)
        held = to_read(room)
    return room, held


def give_room(room: Any, held: Any) -> None:
    """Let others have the memory."""
    _rooms[room.dtype].append((room, held))
