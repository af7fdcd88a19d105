"""This module is `pairwise_distances` and `nearest_neighbours`: the tiles of matrix products, which add differences instead of products."""

from __future__ import annotations

import operator
from typing import Any

import numpy

from accel.kernels.arrays import check_out, find_dtype, flatten, give_room, is_direct, take_room
from accel.kernels.blocks import choose_difference_blocks
from accel.kernels.nearest import select, sort
from accel.kernels.products import multiply_large
from accel.kernels.tiles import multiply_rows
from accel.threads import num_threads, parallel_for

__all__ = ["nearest_neighbours", "pairwise_distances"]

_METRICS = {"euclidean": ("square", True), "sqeuclidean": ("square", False), "manhattan": ("size", False)}
_SHARED = 1 << 22  # differences that are worth several threads
_WIDE = 2048  # points whose distances are held at a time
_LAST = numpy.iinfo(numpy.int64).max


def pairwise_distances(a: Any, b: Any = None, *, metric: str = "euclidean", out: Any = None) -> Any:
    """The distances of all points of one set to all of another one.

    Parameters
    ----------
    a : array_like, (m, k)
        Points, one in each row. Of float32 or float64, or what NumPy promotes to these. Any strides.
    b : array_like, (n, k), optional
        The others; `a` by default.
    metric : {"euclidean", "sqeuclidean", "manhattan"}, default "euclidean"
        The root of the sum of squared differences, this sum, or the sum of the magnitudes of differences.
    out : ndarray, (m, n), optional
        Where the result goes. It may share memory with the others.

    Returns
    -------
    ndarray, (m, n)
        The distances of `a[i]` and `b[j]`.

    Raises
    ------
    TypeError
        For other dtypes; for an `out` that is no array, or can't hold the result.
    ValueError
        When shapes do not fit; for another metric; when `out` is read-only.

    Notes
    -----
    *Accuracy.* Differences are formed, not `|a|**2 + |b|**2 - 2 * a @ b`, so nothing cancels: with d = a[i, p] - b[j, p], rounded, "sqeuclidean" is
    `total = fma(d, d, total)` and "manhattan" `total = total + abs(d)`, from 0.0 on in the order of p. With u = 2**-24 or 2**-53 and
    e(n) = n * u / (1 - n * u), the relative error is at most e(k + 2), for "manhattan" e(k + 1), for "euclidean" e(k / 2 + 2), where no square overflows
    or is subnormal.

    *Determinism.* The bits depend on the two points alone: not on the number of threads, the shape around, the strides or the instruction set. Exchanged sets
    give the same bits, and a point has distance 0.0 to itself.

    *Threads.* As many as `accel.num_threads()` says, from four million differences on.

    NaN goes through, also the one of infinity minus infinity; nothing warns.

    Examples
    --------
    >>> from accel.kernels import pairwise_distances
    >>> pairwise_distances([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 4.0], [3.0, 0.0]])
    array([[0., 4., 3.],
           [5., 3., 4.]])
    >>> pairwise_distances([[0.0, 0.0], [3.0, 4.0]], metric="manhattan")
    array([[0., 7.],
           [7., 0.]])
    """
    join, is_root = _find_metric("pairwise_distances", metric)
    left = numpy.asarray(a)
    right = left if b is None else numpy.asarray(b)
    dtype = _check_points("pairwise_distances", {"a": left, "b": right})
    (m, k), n = left.shape, len(right)
    if out is not None:
        check_out("pairwise_distances", out, (m, n), dtype)
    direct = is_direct(out, dtype, left, right)
    made = out if direct else numpy.empty((m, n), dtype)
    if not k:
        made.fill(0)
    elif made.size:
        arrays = flatten(left, dtype), flatten(right, dtype), made.reshape(-1)
        multiply_large(arrays, (m, n, k), (k, 1, 1, k), choose_difference_blocks(dtype), join=join, is_root=is_root)
    if out is None or direct:
        return made
    numpy.copyto(out, made, casting="same_kind")
    return out


def nearest_neighbours(queries: Any, points: Any, k: int, *, metric: str = "euclidean") -> tuple[Any, Any]:
    """The `k` points that are nearest to each of the queries, found by looking at all.

    Parameters
    ----------
    queries : array_like, (m, size)
        Where to look from, one in each row. Of float32 or float64, or what NumPy promotes to these. Any strides.
    points : array_like, (n, size)
        What to look for.
    k : int
        How many, from 1 to n.
    metric : {"euclidean", "sqeuclidean", "manhattan"}, default "euclidean"
        As in `pairwise_distances`.

    Returns
    -------
    distances : ndarray, (m, k)
        The distances that `pairwise_distances` gives, the least first; NaN comes last.
    numbers : ndarray of int64, (m, k)
        The rows of `points`; of equal distances the first row comes first.

    Raises
    ------
    TypeError
        For other dtypes; for a `k` that is no integer.
    ValueError
        When shapes do not fit; for another metric; for a `k` below 1 or above n.

    Notes
    -----
    *Accuracy* and *determinism* are those of `pairwise_distances`, to the bit: the result is what a stable sort of its rows gives.

    *Threads.* As many as `accel.num_threads()` says, from four million differences on; they share the queries.

    *Memory.* Each thread holds the distances of some 250 queries to 2048 points at a time.

    Examples
    --------
    >>> from accel.kernels import nearest_neighbours
    >>> distances, numbers = nearest_neighbours([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0], [1.0, 0.0]], 2)
    >>> distances.tolist(), numbers.tolist()
    ([[1.0, 1.0]], [[1, 2]])
    """
    _find_metric("nearest_neighbours", metric)
    left, right = numpy.asarray(queries), numpy.asarray(points)
    dtype = _check_points("nearest_neighbours", {"queries": left, "points": right})
    try:
        count = operator.index(k)
    except TypeError:
        raise TypeError(f"nearest_neighbours: `k` must be an integer, not {type(k).__name__}") from None
    if not 1 <= count <= len(right):
        raise ValueError(f"nearest_neighbours: `k` is {count}, not from 1 to the number of points, {len(right)}")
    best, numbers = numpy.full((len(left), count), numpy.nan, dtype), numpy.full((len(left), count), _LAST)
    if not left.shape[1]:
        best.fill(0)
        numbers[:] = numpy.arange(count)
    elif len(left):
        _search(flatten(left, dtype), flatten(right, dtype), best, numbers, sizes=(*left.shape, len(right)), metric=metric)
    return best, numbers


def _find_metric(kernel: str, metric: str) -> tuple[str, bool]:
    """What is added, and whether a root is taken."""
    found = _METRICS.get(metric) if isinstance(metric, str) else None
    if found is None:
        raise ValueError(f"{kernel}: `metric` is one of {', '.join(_METRICS)}, not {metric!r}")
    return found


def _check_points(kernel: str, sets: dict[str, Any]) -> Any:
    """The dtype of two sets of points of the same size."""
    dtype = find_dtype(kernel, *sets.values())
    for name, points in sets.items():
        if points.ndim != 2:
            raise ValueError(f"{kernel}: `{name}` has shape {points.shape}, not one row for each point")
    (one, first), (other, second) = sets.items()
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"{kernel}: the points of `{one}` have {first.shape[1]} coordinates, those of `{other}` {second.shape[1]}")
    return dtype


def _search(queries: Any, points: Any, best: Any, numbers: Any, *, sizes: tuple[int, int, int], metric: str) -> None:
    """Block by block: the distances, and what is kept of them."""
    (m, size, n), (join, is_root), k = sizes, _METRICS[metric], best.shape[1]
    blocks = choose_difference_blocks(queries.dtype.type)
    tall, threads = blocks.tile.tall, num_threads() if m * n * size >= _SHARED else 1
    high = min(blocks.high, -(-m // (threads * tall)) * tall)
    wide = min(n, _WIDE)
    how: dict[str, Any] = {"a_row": size, "a_column": 1, "b_row": 1, "b_column": size, "join": join, "is_root": is_root, "left": 0, "k": size, "part": high, "high": high}
    how |= blocks.options | {"strip": blocks.strip, "panels": blocks.panels, "space": 0, "is_packed": False}

    def do(number: int) -> None:
        rows = slice(number * high, min(m, (number + 1) * high))
        count = rows.stop - rows.start
        mine, kept, kept_numbers = queries[rows.start * size : rows.stop * size], best[rows].reshape(-1), numbers[rows].reshape(-1)
        room, held = take_room(queries.dtype, blocks.panels + blocks.find_space(high))
        block, _ = take_room(queries.dtype, high * wide)
        for start in range(0, n, wide):
            columns = min(wide, n - start)
            some = points[start * size : (start + columns) * size]
            multiply_rows(0, mine, some, block, room=room, held=held, m=count, n=columns, right=columns, **how)
            select(block, kept, kept_numbers, rows=count, columns=columns, start=start, k=k, lanes=blocks.tile.lanes)
        sort(kept, kept_numbers, rows=count, k=k)
        give_room(block, _)
        give_room(room, held)

    count = -(-m // high)
    if threads == 1 or count == 1:
        for number in range(count):
            do(number)
    else:
        parallel_for(do, count, schedule="dynamic")
