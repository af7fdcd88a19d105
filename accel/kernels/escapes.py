"""This module is `mandelbrot`, and its machine code: one point in each lane, several registers at a time, which are left when none of their points is inside.

A point is counted in each turn in which it is inside, not until the first in which it is not: that is the same, as a point outside stays there. With |c| = 2 + e and |z| > 2,
|z**2 + c| is at least |z|**2 - |c|, which is above 2 by as much as |e|, for positive e from z = c on. Only where |c| is within some roundings of 2 might one
be taken back: such points, and some more, take a loop that looks.
"""
from __future__ import annotations

import math
import operator
from functools import cache
from typing import Any

import numpy

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.arrays import check_out, find_dtype, flatten, is_direct
from accel.threads import num_threads, parallel_for
from accel.types import SIMD, Float32, Float64, Int32, Int64, simd_width

__all__ = ["mandelbrot"]

_REGISTERS = {Float32: 4, Float64: 3}  # of points at a time: their chains of arithmetic hide each other's latency
_TURNS = 240  # after which points are looked at, whether they have come back to where they were: many periods divide it
_CLOSE = 2.0**-8  # to 4: beyond that, no rounding takes |z| from above 2 back
_PIECE = 1536  # points of a row that are done in one go: whole steps on every machine
_NARROW = 256  # rows that are shorter would leave too many lanes empty
_SHARED = 1 << 12  # points that are worth several threads
_TASKS = 4  # for each thread
_MOST = 2**31 - 1


def mandelbrot(real: Any, imag: Any, *, max_iter: int = 256, out: Any = None) -> Any:
    """How many steps of z -> z**2 + c from 0 stay within a distance of 2: for each point c the number of iterations until it escapes.

    Parameters
    ----------
    real, imag : array_like
        Both coordinates of c, of float32 or float64, or what NumPy promotes to these. They are broadcast: a row of `real` and a column of `imag` make a picture.
    max_iter : int, default 256
        Where counting ends, up to 2**31 - 1. Points of the set have this count.
    out : ndarray of int32 or int64, optional
        Where the result goes.

    Returns
    -------
    ndarray of int32
        The counts, of the shape of both together; a scalar for two numbers.

    Raises
    ------
    TypeError
        For other dtypes; for a `max_iter` that is no integer; for an `out` that is no array of int32 or int64.
    ValueError
        When shapes do not fit; for a `max_iter` that is negative or too large; when `out` is read-only.

    Notes
    -----
    *Determinism.* The count of a point is the n of

        x = y = 0.0
        n = 0
        while n < max_iter and x * x + y * y <= 4.0:
            x, y = x * x - y * y + real, 2.0 * x * y + imag
            n += 1

    where each operation is rounded to the dtype, none is fused: to the last bit, on every machine. So NaN and infinity have the count 1.

    *Cost.* A point costs as many turns as its group of lanes has. Points whose z comes back to the very number it was before never escape: the loop ends there, far
    below a large `max_iter`.

    *Threads.* As many as `accel.num_threads()` says, from 4096 points on; each takes pieces from all over the picture.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import mandelbrot
    >>> mandelbrot(numpy.linspace(-2.0, 1.0, 7), numpy.array([[0.0], [1.0]]), max_iter=50)
    array([[50, 50, 50, 50, 50,  5,  3],
           [ 1,  2,  3,  4, 50,  2,  2]], dtype=int32)
    """
    parts = numpy.asarray(real), numpy.asarray(imag)
    dtype = find_dtype("mandelbrot", *parts)
    limit = _find_limit(max_iter)
    try:
        shape = numpy.broadcast_shapes(parts[0].shape, parts[1].shape)
    except ValueError:
        raise ValueError(f"mandelbrot: `real` of shape {parts[0].shape} and `imag` of shape {parts[1].shape} can't be broadcast together") from None
    if out is not None:
        check_out("mandelbrot", out, shape, numpy.int32)
        if out.dtype.type not in (numpy.int32, numpy.int64):
            raise TypeError(f"mandelbrot: `out` is an array of int32 or int64, not {out.dtype}")
    direct = is_direct(out, numpy.int32, *parts)
    made = out if direct else numpy.empty(shape, numpy.int32)
    _count(parts, made, dtype, limit)
    if direct or out is None:
        return made if made.ndim else made[()]
    numpy.copyto(out, made)
    return out


def _find_limit(max_iter: Any) -> int:
    try:
        limit = operator.index(max_iter)
    except TypeError:
        raise TypeError(f"mandelbrot: `max_iter` must be an integer, not {type(max_iter).__name__}") from None
    if not 0 <= limit <= _MOST:
        raise ValueError(f"mandelbrot: `max_iter` is {limit}, not from 0 to {_MOST}")
    return limit


def _count(parts: tuple[Any, ...], made: Any, dtype: Any, limit: int) -> None:
    """Threads take every so manyth piece: pieces beside each other take as long as each other."""
    lanes = _choose_lanes(dtype)
    few = lanes["lanes"].width
    if made.size < few:  # not enough for one step: some are done again
        if made.size:
            counts = numpy.empty(few, numpy.int32)
            _count(tuple(numpy.resize(numpy.broadcast_to(part, made.shape), few) for part in parts), counts, dtype, limit)
            made.reshape(-1)[:] = counts[: made.size]
        return
    steps = [_find_steps(part.shape, made.shape) for part in parts]
    n = made.shape[-1]
    if n < _NARROW or parts[0].shape == parts[1].shape or None in steps:
        n, steps = made.size, [(0, 1), (0, 1)]
        parts = tuple(numpy.broadcast_to(part, made.shape) for part in parts)
    (real_row, real_step), (imag_row, imag_step) = steps
    real, imag, counts = flatten(parts[0], dtype), flatten(parts[1], dtype), made.reshape(-1)
    pieces = made.size // n * -(-n // _PIECE)
    threads = min(num_threads(), pieces) if made.size >= _SHARED else 1
    tasks = min(pieces, _TASKS * threads) if threads > 1 else 1
    sizes = {"n": n, "real_row": real_row, "real_step": real_step, "imag_row": imag_row, "imag_step": imag_step, "limit": limit}

    def do(task: int) -> None:
        count_pieces(real, imag, counts, first=task, end=pieces, step=tasks, **sizes, **lanes)

    if tasks == 1:
        do(0)
    else:
        parallel_for(do, tasks, num_threads=threads, schedule="dynamic")


def _find_steps(shape: tuple[int, ...], to: tuple[int, ...]) -> Any:
    """How far coordinates of rows of the picture lie apart, and those in a row: 0 where all are the same. None where rows are broadcast in another way."""
    whole = (1,) * (len(to) - len(shape)) + shape
    if math.prod(whole[:-1]) == 1:
        return 0, int(whole[-1] != 1)
    return (whole[-1], int(whole[-1] != 1)) if whole[:-1] == to[:-1] else None


@cache
def _choose_lanes(dtype: Any) -> dict[str, Any]:
    of: Any = SIMD.__class_getitem__
    width = _REGISTERS[dtype] * simd_width(dtype)
    return {"lanes": of((dtype, width)), "whole": of((Int32 if dtype is Float32 else Int64, width))}


@fn(nogil=True)
def count_turns(x0: Any, y0: Any, limit: int, *, lanes: Comptime[Any], whole: Comptime[Any], is_close: Comptime[bool]) -> Any:
    """The counts of the points in some lanes. That points outside stay there is seen to if `is_close`."""
    x, y, n = lanes(0.0), lanes(0.0), whole(0)
    old_x, old_y = x, y
    bound, stays = whole(0), x == x
    end, mark = 0, comptime(_TURNS)
    while end < limit:
        begin, end = end, min(end + comptime(_TURNS), limit)
        for _ in range(begin, end):
            xx, yy = x * x, y * y
            if comptime(is_close):
                stays = stays & (xx + yy <= 4.0)
                inside = stays
            else:
                inside = xx + yy <= 4.0
            n = n + inside.cast(comptime(whole.dtype))
            y = 2.0 * x * y + y0
            x = xx - yy + x0
            if not inside.any():
                break
        whole_way = n == end
        if not whole_way.any():
            break
        back = whole_way & (x == old_x) & (y == old_y)
        if back.any():
            bound = bound | back.cast(comptime(whole.dtype))
            if not ((n == end) & (bound == 0)).any():
                break
        if end == mark:
            old_x, old_y = x, y
            mark *= 2
    return (bound != 0).select(limit, n)


@fn(nogil=True)
def count_pieces(
    real: Any, imag: Any, counts: Any,
    *, first: int, end: int, step: int, n: int, real_row: int, real_step: int, imag_row: int, imag_step: int, limit: int,
    lanes: Comptime[Any], whole: Comptime[Any],
) -> None:  # fmt: skip
    """Pieces of rows of `n` points, every so manyth from the first one on."""
    each = (n + comptime(_PIECE - 1)) // comptime(_PIECE)
    for piece in range(first, end, step):
        row, start = piece // each, piece % each * comptime(_PIECE)
        for column in range(start, min(start + comptime(_PIECE), n), lanes.width):
            at = min(column, n - lanes.width)
            x = lanes.load(real, row * real_row + at) if real_step == 1 else lanes(real[row * real_row])
            y = lanes.load(imag, row * imag_row + at) if imag_step == 1 else lanes(imag[row * imag_row])
            if (abs(x * x + y * y - 4.0) < comptime(_CLOSE)).any():
                turns = count_turns(x, y, limit, lanes=lanes, whole=whole, is_close=True)
            else:
                turns = count_turns(x, y, limit, lanes=lanes, whole=whole, is_close=False)
            turns.cast(comptime(Int32)).store(counts, row * n + at)
