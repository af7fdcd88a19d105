"""This module finds which numbers of an array make one result of a reduction, and folds these sequences: rows, or columns of rows, on as many threads as they are worth."""

from __future__ import annotations

import math
import operator
from functools import cache
from typing import Any, NamedTuple

import numpy

from accel.kernels.arrays import give_room, is_plain, take_room, to_read
from accel.kernels.folds import BLOCK, CHAINS, SUMS, add_parts, find_rows, fold_columns, fold_pieces, fold_rows
from accel.kernels.sharing import share
from accel.threads import num_threads
from accel.types import SIMD, simd_width

__all__ = ["SHARED", "Sequences", "arrange", "find_all", "find_axes", "find_each", "find_flat", "find_lanes", "fold", "fold_all"]

SHARED = 1 << 18  # numbers that are worth several threads
_PIECE = 1 << 14  # numbers of a row that are folded at a time, where their order does not matter
_WIDE = 4096  # columns that are folded at a time
_NARROW = 64  # columns that are worth a thread
_FLOATS = (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64))


class Sequences(NamedTuple):
    """The numbers of all results: element (i, j, k) of `outer` times `n` times `inner` of them is number j of result (i, k)."""

    flat: Any
    outer: int
    n: int
    inner: int
    axes: tuple[int, ...]  # of the array, in the order of the results
    first: int  # how many of them are outer ones

    def place(self, made: Any, shape: tuple[int, ...]) -> Any:
        """The results as an array of this shape, which may have other axes of length 1."""
        kept = sorted(self.axes)
        lengths = iter(shape if len(shape) == len(kept) else [shape[axis] for axis in kept])
        lengths_of = dict(zip(kept, lengths, strict=True))
        turned = made.reshape([lengths_of[axis] for axis in self.axes]).transpose([self.axes.index(axis) for axis in kept])
        return turned.reshape(shape)


def find_axes(kernel: str, axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` says, in ascending order.

    Raises
    ------
    TypeError
        When it is no int, tuple of ints or None.
    ValueError
        When there is no such axis, or one is given twice.
    """
    if axis is None:
        return tuple(range(ndim))
    try:
        given = tuple(map(operator.index, axis)) if isinstance(axis, tuple) else (operator.index(axis),)
    except TypeError:
        raise TypeError(f"{kernel}: `axis` is an int, a tuple of ints or None, not {axis!r}") from None
    for one in given:
        if not -ndim <= one < ndim:
            raise ValueError(f"{kernel}: axis {one} is out of range for an array with {ndim} axes")
    axes = tuple(sorted({one % ndim for one in given}))
    if len(axes) < len(given):
        raise ValueError(f"{kernel}: an axis is given twice in {axis}")
    return axes


def find_flat(array: Any) -> Any:
    """The numbers of an array of native float32 or float64 as they lie in memory, in one row; None where that is not their order, or it is anything else."""
    if type(array) is not numpy.ndarray or array.dtype not in _FLOATS:
        return None
    flags = array.flags
    if not (flags.c_contiguous and flags.aligned and array.size):
        return None
    return to_read(array)


def arrange(array: Any, axes: tuple[int, ...], dtype: Any, *, rows: bool = False) -> Sequences:
    """What is folded over axes of an array: in place where it is C-ordered, also after its axes are turned; else, or where it must be rows, a copy."""
    shape, ndim = array.shape, array.ndim
    n = math.prod(shape[axis] for axis in axes)
    orders = [tuple(range(ndim))]
    if not array.flags.c_contiguous:
        orders.append(tuple(sorted(range(ndim), key=lambda axis: -abs(array.strides[axis]))))
    for order in orders:
        turned = array.transpose(order)
        first = order.index(axes[0]) if axes else 0
        behind = first + len(axes)
        if order[first:behind] == axes and is_plain(turned, dtype) and not (rows and behind < ndim):
            outer, inner = math.prod(turned.shape[:first]), math.prod(turned.shape[behind:])
            return Sequences(to_read(turned), outer, n, inner, order[:first] + order[behind:], first)
    kept = tuple(axis for axis in range(ndim) if axis not in axes)
    copied = numpy.array(array.transpose(kept + axes), dtype, order="C", subok=False)
    return Sequences(to_read(copied), math.prod(shape[axis] for axis in kept), n, 1, kept, len(kept))


@cache
def find_lanes(dtype: Any) -> Any:
    """Lanes for rows: one for each chain."""
    return SIMD.__class_getitem__((dtype.type, CHAINS))


@cache
def _find_column_lanes(dtype: Any) -> Any:
    """Lanes for columns: two registers, as long as they divide all chains."""
    return SIMD.__class_getitem__((dtype.type, min(CHAINS, 2 * simd_width(dtype.type))))


def fold_all(flat: Any, op: str, divisor: float = 1.0, centers: Any = None) -> Any:
    """All numbers of a row, folded into one, in an array of its own; a sum is divided. `centers` has one number."""
    n = flat.size
    made = numpy.empty(1, flat.dtype)
    if n < SHARED or num_threads() == 1:
        fold_rows(flat, made if centers is None else centers, made, first=0, end=1, n=n, divisor=divisor, lanes=find_lanes(flat.dtype), op=op)
        return made
    if op in SUMS:
        parts = _fold_pieces(flat, op, 0.0 if centers is None else float(centers[0]), BLOCK)
        made[0] = add_parts(parts, parts.size) / divisor
        return made
    parts = _fold_pieces(flat, op, 0.0, _PIECE)
    fold_rows(parts, parts, made, first=0, end=1, n=parts.size, divisor=1.0, lanes=find_lanes(flat.dtype), op=op)
    return made


def _fold_pieces(flat: Any, op: str, center: float, size: int) -> Any:
    """Pieces of a row, each folded into one number, on all threads."""
    count, lanes = -(-flat.size // size), find_lanes(flat.dtype)
    parts = numpy.empty(count, flat.dtype)

    def do(first: int, end: int) -> None:
        fold_pieces(flat, parts, first=first, end=end, n=flat.size, size=size, center=center, lanes=lanes, op=op)

    share(do, count)
    return to_read(parts)


def fold(found: Sequences, op: str, divisor: float = 1.0, centers: Any = None) -> Any:
    """All results, in one row; sums are divided. `centers` has one number for each of them."""
    flat, outer, n, inner = found[:4]
    made = numpy.empty(outer * inner, flat.dtype)
    if inner > 1 and made.size:
        _fold_columns(found, made, op, divisor, centers)
    if inner > 1 or not made.size:
        return made
    threads = num_threads() if flat.size >= SHARED else 1
    if threads > outer:
        for row in range(outer):
            made[row : row + 1] = fold_all(flat[row * n : (row + 1) * n], op, divisor, None if centers is None else centers[row : row + 1])
        return made
    lanes, middle = find_lanes(flat.dtype), made if centers is None else centers

    def do(first: int, end: int) -> None:
        fold_rows(flat, middle, made, first=first, end=end, n=n, divisor=divisor, lanes=lanes, op=op)

    share(do, outer, threads)
    return made


def _fold_columns(found: Sequences, made: Any, op: str, divisor: float, centers: Any) -> None:
    """Columns, some thousands of them at a time."""
    flat, outer, n, inner = found[:4]
    threads = num_threads() if flat.size >= SHARED else 1
    width = inner if inner <= _WIDE else _WIDE
    if outer < threads:
        narrow = -(-inner // threads)
        width = narrow if _NARROW <= narrow < width else width
    each, lanes = -(-inner // width), _find_column_lanes(flat.dtype)
    is_whole = width == inner
    middle = made if centers is None else numpy.tile(centers.reshape(outer, 1, inner), (1, CHAINS, 1)).reshape(-1) if is_whole else centers
    kept = CHAINS if n > CHAINS else n

    def do(first: int, end: int) -> None:
        (room, held), (totals, held_totals) = take_room(flat.dtype, kept * width), take_room(numpy.float64, 2 * width)
        for task in range(first, end):
            row, begin = task // each, task % each * width
            here = width if begin + width <= inner else inner - begin
            mid = row * CHAINS * inner if is_whole else row * inner + begin
            where = {"at": row * n * inner + begin, "mid": mid, "to": row * inner + begin}
            fold_columns(flat, middle, made, room, totals, **where, n=n, inner=inner, width=here, divisor=divisor, lanes=lanes, op=op)
        give_room(room, held)
        give_room(totals, held_totals)

    share(do, outer * each, threads)


def find_all(flat: Any, op: str) -> Any:
    """Where the first of the least, or greatest, numbers of a row is, in an array of its own."""
    n, lanes = flat.size, find_lanes(flat.dtype)
    made = numpy.empty(1, numpy.intp)
    if n < SHARED or num_threads() == 1:
        find_rows(flat, made, first=0, end=1, n=n, lanes=lanes, op=op)
        return made
    parts = _fold_pieces(flat, op, 0.0, _PIECE)
    find_rows(parts, made, first=0, end=1, n=parts.size, lanes=lanes, op=op)
    begin = int(made[0]) * _PIECE
    find_rows(flat[begin : begin + _PIECE], made, first=0, end=1, n=_PIECE if begin + _PIECE <= n else n - begin, lanes=lanes, op=op)
    made += begin
    return made


def find_each(found: Sequences, op: str) -> Any:
    """The same for each row."""
    flat, outer, n = found[:3]
    if outer == 1:
        return find_all(flat, op)
    if not outer:
        return numpy.empty(0, numpy.intp)
    made, lanes = numpy.empty(outer, numpy.intp), find_lanes(flat.dtype)
    share(lambda first, end: find_rows(flat, made, first=first, end=end, n=n, lanes=lanes, op=op), outer, num_threads() if flat.size >= SHARED else 1)
    return made
