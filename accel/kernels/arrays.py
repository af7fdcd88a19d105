"""This module is what all kernels do with their arrays: dtypes they share, results that go where the caller says, memory that machine code may work on."""

from __future__ import annotations

from typing import Any

import numpy

__all__ = ["check_out", "find_dtype", "flatten", "is_direct", "is_plain"]


def find_dtype(kernel: str, *arrays: Any) -> Any:
    """The class of numbers that arrays are worked on in: float32 or float64, as NumPy promotes them.

    Raises
    ------
    TypeError
        For any other, with the name of the kernel.
    """
    first = arrays[0].dtype
    if first.char in "fd" and all(array.dtype == first for array in arrays[1:]):
        return first.type
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
    return bool(type(array) is numpy.ndarray and array.dtype == dtype and array.dtype.isnative and array.flags.c_contiguous and array.flags.aligned)


def flatten(array: Any, dtype: Any) -> Any:
    """The elements in one row that can't be written, in C order; a copy where machine code can't work on the memory."""
    flat = (array if is_plain(array, dtype) else numpy.array(array, dtype, order="C")).reshape(-1)
    flat.flags.writeable = False
    return flat


def is_direct(out: Any, dtype: Any, *read: Any) -> bool:
    """Whether a result can be written straight into `out`: it is plain, and shares no memory with what is read."""
    return out is not None and is_plain(out, dtype) and not any(numpy.may_share_memory(out, array) for array in read)
