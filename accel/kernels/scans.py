"""This module is cumulative sums, and their machine code.

`STEP` numbers are added by themselves, each to the one before it, then to the one two before, then four; behind them stands the sum of all that came before,
which is held with what its additions have lost. It is the same for a row and for a column.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.arrays import check_out, give_room, is_direct, take_room
from accel.kernels.folds import add_exactly, find_single
from accel.kernels.sequences import SHARED, Sequences, arrange, find_axes, find_flat
from accel.kernels.sharing import share
from accel.threads import num_threads
from accel.types import SIMD, simd_width

__all__ = ["cumsum"]

STEP = 8
_WIDE = 1024  # columns that are scanned at a time
_NARROW = 64  # columns that are worth a thread


def cumsum(a: Any, axis: int | None = None, *, out: Any = None) -> Any:
    """The sums of the first numbers along an axis of an array, as `numpy.cumsum` gives them.

    Parameters
    ----------
    a : array_like
        Of float32, float64, integers or bool. Any shape, any strides.
    axis : int, optional
        Along which; by default the array is taken as one row, in C order.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`, or be it.

    Returns
    -------
    ndarray
        Of the shape of `a`, or of one axis. Of its dtype; int64 for signed integers and bool, which wrap, uint64 for unsigned ones.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        For an axis that there is not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    *Accuracy.* The error of each is at most `6 * u` times the sum of the magnitudes of the numbers up to it, u = 2**-24 or 2**-53, for any number of numbers.

    *Determinism.* The bits depend on the sequence of the numbers alone. The last one is not `sum` to the last bit: that adds in another order.

    *Threads.* As many as `accel.num_threads()` says, for 262144 numbers or more; a single row is done by one.

    NaN and infinity go through; nothing warns.

    Examples
    --------
    >>> from accel.kernels import cumsum
    >>> cumsum([1.0, 2.0, 4.0])
    array([1., 3., 7.])
    >>> cumsum([[1, 2], [3, 4]], axis=0)
    array([[1, 2],
           [4, 6]])
    """
    flat = find_flat(a) if out is None and axis is None else None
    if flat is not None:  # what is called most
        made = numpy.empty(flat.size, flat.dtype)
        scan_rows(flat, made, first=0, end=1, n=flat.size, lanes=_find_lanes(flat.dtype), nothing=-0.0)
        return made
    array = numpy.asarray(a)
    kind = array.dtype.kind
    if array.dtype.char not in "fd" and kind not in "iub":
        raise TypeError(f"cumsum takes arrays of float32, float64, integers and bool, got {array.dtype}: convert it by `astype`")
    if isinstance(axis, tuple):
        raise TypeError(f"cumsum: `axis` is an int or None, not {axis!r}")
    dtype = array.dtype.newbyteorder("=") if kind == "f" else numpy.dtype(numpy.int64)
    axes = find_axes("cumsum", axis, array.ndim)
    shape = (array.size,) if axis is None else array.shape
    if out is not None:
        check_out("cumsum", out, shape, numpy.dtype(numpy.uint64) if kind == "u" else dtype)
    found = arrange(array, axes, dtype)
    is_turned = axis is not None and found.axes[: found.first] + axes + found.axes[found.first :] != tuple(range(array.ndim))
    direct = not is_turned and is_direct(out, dtype, found.flat)
    made = out.reshape(-1) if direct else numpy.empty(array.size, dtype)
    if made.size:
        _scan(found, made)
    if direct:
        return out
    if kind == "u":
        made = made.view(numpy.uint64)
    placed = _place(found, made, axes, shape) if is_turned else made.reshape(shape)
    if out is None:
        return placed
    numpy.copyto(out, placed, casting="same_kind")
    return out


@cache
def _find_lanes(dtype: Any) -> Any:
    return SIMD.__class_getitem__((dtype.type, STEP))


def _place(found: Sequences, made: Any, axes: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """The results with their axes in the order of the array's."""
    order = found.axes[: found.first] + axes + found.axes[found.first :]
    return made.reshape([shape[axis] for axis in order]).transpose([order.index(axis) for axis in range(len(order))])


def _scan(found: Sequences, made: Any) -> None:
    """Rows, or columns of rows."""
    flat, outer, n, inner = found[:4]
    threads = num_threads() if flat.size >= SHARED else 1
    if inner == 1:
        lanes, nothing = _find_lanes(flat.dtype), -0.0 if flat.dtype.kind == "f" else 0
        share(lambda first, end: scan_rows(flat, made, first=first, end=end, n=n, lanes=lanes, nothing=nothing), outer, threads)
        return
    narrow = -(-inner // threads) if outer < threads else inner
    width = _WIDE if narrow > _WIDE else narrow if narrow > _NARROW else _NARROW
    each, lanes = -(-inner // width), SIMD.__class_getitem__((flat.dtype.type, simd_width(flat.dtype.type)))
    wide = numpy.dtype(numpy.float64) if flat.dtype.kind == "f" else flat.dtype

    def do(first: int, end: int) -> None:
        totals, held = take_room(wide, 2 * width)
        for task in range(first, end):
            at = task // each * n * inner + task % each * width
            left = inner - task % each * width
            scan_columns(flat, made, totals, at=at, n=n, inner=inner, width=width if width < left else left, lanes=lanes)
        give_room(totals, held)

    share(do, outer * each, threads)


def find_wide(lanes: Any) -> Any:
    """As many lanes of what the sum of all that came before is held in."""
    return SIMD.__class_getitem__((numpy.float64 if numpy.dtype(lanes.dtype).kind == "f" else numpy.int64, lanes.width))


@fn(nogil=True)
def scan_step(sums: Any, *, lanes: Comptime[Any], nothing: Comptime[Any]) -> Any:
    """Cumulative sums of `STEP` numbers."""
    sums = sums + lanes(nothing).join(sums).slice(comptime(STEP), comptime(STEP - 1))
    sums = sums + lanes(nothing).join(sums).slice(comptime(STEP), comptime(STEP - 2))
    return sums + lanes(nothing).join(sums).slice(comptime(STEP), comptime(STEP - 4))


@fn(nogil=True)
def scan_rows(a: Any, out: Any, *, first: int, end: int, n: int, lanes: Comptime[Any], nothing: Comptime[Any]) -> None:
    """Cumulative sums of rows of `n` numbers."""
    whole = n - n % comptime(STEP)
    rest = lanes.iota() < n - whole
    for row in range(first, end):
        begin = row * n
        if comptime(nothing == 0 and isinstance(nothing, int)):
            before = lanes(0)
            for at in range(begin, begin + whole, STEP):
                sums = scan_step(lanes.load(a, at), lanes=lanes, nothing=nothing) + before
                sums.store(out, at)
                before = lanes(sums[comptime(STEP - 1)])
        else:
            total, lost = -0.0, 0.0
            for at in range(begin, begin + whole, STEP):
                sums = scan_step(lanes.load(a, at), lanes=lanes, nothing=nothing)
                (sums + lanes(total + lost if abs(lost) > 0.0 else total)).store(out, at)
                total, lost = add_exactly(total, lost, float(sums[comptime(STEP - 1)]))
            before = lanes(total + lost if abs(lost) > 0.0 else total)
        if whole < n:
            (scan_step(lanes.load(a, begin + whole, rest), lanes=lanes, nothing=nothing) + before).store(out, begin + whole, rest)


@fn(nogil=True)
def scan_lines(
    a: Any, out: Any, totals: Any, *, at: int, begin: int, end: int, width: int, rows: int, inner: int, lanes: Comptime[Any], wide: Comptime[Any]
) -> None:  # fmt: skip
    """`STEP` rows, or the last ones, of columns from `begin` on."""
    for j in range(begin, end, lanes.width):
        lines = tuple(lanes.load(a, at + min(k, rows - 1) * inner + j) for k in comptime(range(STEP)))
        lines = tuple(lines[k] + lines[comptime(k - 1)] if comptime(k >= 1) else lines[k] for k in comptime(range(STEP)))
        lines = tuple(lines[k] + lines[comptime(k - 2)] if comptime(k >= 2) else lines[k] for k in comptime(range(STEP)))
        lines = tuple(lines[k] + lines[comptime(k - 4)] if comptime(k >= 4) else lines[k] for k in comptime(range(STEP)))
        total, lost = wide.load(totals, j), wide.load(totals, width + j)
        before = (abs(lost) > 0).select(total + lost, total).cast(comptime(lanes.dtype))
        for k in comptime(range(STEP)):
            if k < rows:
                (lines[k] + before).store(out, at + k * inner + j)
        new = lines[comptime(STEP - 1)].cast(comptime(wide.dtype))
        both = total + new
        back = both - total
        both.store(totals, j)
        (lost + ((total - (both - back)) + (new - back))).store(totals, width + j)


@fn(nogil=True)
def scan_columns(a: Any, out: Any, totals: Any, *, at: int, n: int, inner: int, width: int, lanes: Comptime[Any]) -> None:
    """Cumulative sums of `width` columns of `n` rows, which have `inner` columns; `totals` are twice as many numbers."""
    whole = width - width % comptime(lanes.width)
    for j in range(width):
        totals[j], totals[width + j] = comptime(find_wide(lanes).dtype(-0.0)), comptime(find_wide(lanes).dtype(0))
    for row in range(0, n, STEP):
        rows, start = min(STEP, n - row), at + row * inner
        scan_lines(a, out, totals, at=start, begin=0, end=whole, width=width, rows=rows, inner=inner, lanes=lanes, wide=comptime(find_wide(lanes)))
        scan_lines(
            a, out, totals, at=start, begin=whole, end=width, width=width, rows=rows, inner=inner, lanes=comptime(find_single(lanes)), wide=comptime(find_wide(find_single(lanes)))
        )  # fmt: skip
