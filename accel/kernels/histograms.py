"""This module is histograms: what they take and give; the counting is done by `accel.kernels.counts`."""

from __future__ import annotations

import operator
from functools import cache
from typing import Any

import numpy

from accel.kernels import reductions
from accel.kernels.arrays import flatten, to_read
from accel.kernels.counts import LANES, add_numbers, count_between, count_numbers, count_uniform, find_length, find_range
from accel.kernels.sequences import SHARED
from accel.threads import num_threads, parallel_for
from accel.types import SIMD

__all__ = ["bincount", "histogram"]

_FIRST = 1024  # length of the first table
_INTEGERS = tuple(map(numpy.dtype, ("int64", "int32", "int16", "uint8")))  # what is counted most
_EXACT = 2.0**53  # integers up to it are floats
_MOST_SINGLE = 1 << 16  # bins that float32 finds


def histogram(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> tuple[Any, Any]:
    """How many numbers of an array lie in each bin, as `numpy.histogram` counts them.

    Parameters
    ----------
    a : array_like
        Of float32 or float64, or integers and bool, which are converted to float64. Any shape, any strides.
    bins : int or array_like, (m + 1,)
        How many of one width; or their edges, which must not descend. Each bin has its left edge, the last one both.
    range : tuple of float, optional
        The first and the last edge of bins of one width; by default the least and the greatest number. What lies outside is not counted.
    weights : array_like, of the shape of `a`, optional
        What each number counts, by default 1.

    Returns
    -------
    counts : ndarray, (m,)
        Of int64; of the dtype of the weights, where there are some.
    edges : ndarray, (m + 1,)
        The edges of the bins.

    Raises
    ------
    TypeError
        For other dtypes, complex weights, and `bins` that are neither an int nor edges: the names of rules are for `numpy.histogram_bin_edges`.
    ValueError
        For fewer bins than one, edges that descend or are NaN, a range that descends or is not finite (that of an array with NaN or infinity among them),
        bins too narrow for floats, weights of another shape, and integers beyond 2**53.

    Notes
    -----
    Edges and counts are those of `numpy.histogram`, all of them: the same arithmetic finds bins of one width, and comparisons with the edges correct it.
    NaN lies in no bin.

    Weights are added as float64, in the order of the numbers, on one thread; the error is at most m * u times the sum of the magnitudes of the m weights of a bin, u = 2**-53.
    Counts use as many threads as `accel.num_threads()` says, for 262144 numbers or more. No bit depends on them.

    Examples
    --------
    >>> from accel.kernels import histogram
    >>> histogram([1.0, 2.0, 2.5, 4.0], bins=3)
    (array([1, 2, 1]), array([1., 2., 3., 4.]))
    >>> histogram([1.0, 2.0, 2.5, 4.0], bins=[0, 2, 3])[0]
    array([1, 2])
    """
    given = numpy.asarray(a)
    if given.dtype.char not in "fd" and given.dtype.kind not in "iub":
        raise TypeError(f"histogram takes arrays of float32, float64, integers and bool, got {given.dtype}: convert it by `astype`")
    held = None if weights is None else _find_weights("histogram", weights, given.shape)
    array = _convert(given)
    if numpy.ndim(bins):
        edges, wide = _check_edges(bins)
        return _count_between(_flatten(array, array.dtype), wide, held), edges
    if isinstance(bins, str):
        raise TypeError(f"histogram: `bins` is an int or edges; `numpy.histogram_bin_edges(a, {bins!r})` finds some")
    try:
        many = operator.index(bins)
    except TypeError:
        raise TypeError(f"histogram: `bins` is an int or edges, not {bins!r}") from None
    if many < 1:
        raise ValueError(f"histogram: `bins` must be positive, not {many}")
    first, last = _find_range(array, range)
    kind = numpy.result_type(first, last, given if given.dtype.kind != "b" else array)
    edges = numpy.linspace(first, last, many + 1, dtype=kind if kind.kind == "f" else numpy.float64)
    if (edges[:-1] >= edges[1:]).any():
        raise ValueError(f"histogram: the range from {first} to {last} is too small for {many} bins")
    if edges.dtype.char == "f" and many > _MOST_SINGLE:
        return _count_between(_flatten(array, array.dtype), edges.astype(numpy.float64), held), edges
    return _count_uniform(_flatten(array, edges.dtype), edges, float(edges.dtype.type(last - first)), held), edges


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number occurs among integers from 0 on, as `numpy.bincount` counts them.

    Parameters
    ----------
    x : array_like, (n,)
        Of integers or bool, but not uint64; none of them negative.
    weights : array_like, (n,), optional
        What each number counts, by default 1.
    minlength : int
        The least length of the result.

    Returns
    -------
    ndarray, (max(max(x) + 1, minlength),)
        Of int64; of float64, where there are weights.

    Raises
    ------
    TypeError
        For other dtypes, and weights that can't be cast to float64 safely.
    ValueError
        For another number of axes than one, negative numbers, a negative `minlength`, weights of another length.

    Notes
    -----
    Weights are added one after the other, on one thread, so the bits are NumPy's. Counts use as many threads as `accel.num_threads()` says, for 262144 numbers
    or more.

    Examples
    --------
    >>> from accel.kernels import bincount
    >>> bincount([1, 3, 1, 1])
    array([0, 3, 0, 1])
    >>> bincount([1, 3, 1], weights=[0.5, 1.0, 2.0])
    array([0. , 2.5, 0. , 1. ])
    """
    least = operator.index(minlength)
    if weights is None and least >= 0 and type(x) is numpy.ndarray and x.ndim == 1 and x.dtype in _INTEGERS and x.size:
        flags = x.flags
        if flags.c_contiguous and flags.aligned:  # what is called most
            return _count_numbers(to_read(x), None, least)
    array = numpy.asarray(x)
    if least < 0:
        raise ValueError(f"bincount: `minlength` must not be negative, not {minlength}")
    if array.ndim != 1:
        raise ValueError(f"bincount takes an array with one axis, got {array.ndim}")
    if not array.size and not isinstance(x, numpy.ndarray):
        array = array.astype(numpy.intp)  # that of an empty list is float64
    dtype = array.dtype
    if dtype.kind not in "iub" or dtype.char in "LQ":
        raise TypeError(f"bincount takes arrays of integers up to int64, and bool, got {dtype}: convert it by `astype`")
    held = None if weights is None else _find_weights("bincount", weights, array.shape)
    if not array.size:
        return numpy.zeros(least, numpy.intp if held is None else numpy.float64)
    return _count_numbers(_flatten(array.view(numpy.uint8) if dtype.kind == "b" else array, dtype), held, least)


def _find_weights(kernel: str, weights: Any, shape: tuple[int, ...]) -> Any:
    """Weights in one row, and their dtype."""
    held = numpy.asarray(weights)
    if held.shape != shape:
        raise ValueError(f"{kernel}: `weights` has shape {held.shape}, the numbers {shape}")
    if not numpy.can_cast(held.dtype, numpy.float64):
        raise TypeError(f"{kernel}: `weights` of {held.dtype} can't be cast to float64 safely: convert it by `astype`")
    return _flatten(held, numpy.dtype(numpy.float64)), held.dtype


def _flatten(array: Any, dtype: Any) -> Any:
    """The numbers in one row that can't be written, of a native dtype."""
    return flatten(array, numpy.dtype(numpy.uint8) if dtype.kind == "b" else dtype.newbyteorder("="))


def _convert(given: Any) -> Any:
    """Floats as they are, integers as float64."""
    if given.dtype.kind == "f":
        return given
    array = given.astype(numpy.float64)
    if given.dtype.itemsize == 8 and array.size and max(-float(reductions.min(array)), float(reductions.max(array))) > _EXACT:
        raise ValueError("histogram: there are integers beyond 2**53, which are no floats: convert the array by `astype`")
    return array


def _check_edges(bins: Any) -> tuple[Any, Any]:
    """Edges, and the same in float64."""
    edges = numpy.asarray(bins)
    if edges.ndim != 1 or edges.size < 2:
        raise ValueError(f"histogram: edges are an array with one axis of two or more, not of shape {edges.shape}")
    if edges.dtype.char not in "fd" and edges.dtype.kind not in "iub":
        raise TypeError(f"histogram: edges are float32, float64 or integers, not {edges.dtype}")
    wide = edges.astype(numpy.float64)
    if not (wide[:-1] <= wide[1:]).all():
        raise ValueError("histogram: edges must not descend, nor be NaN")
    if edges.dtype.kind in "iu" and abs(wide).max() > _EXACT:
        raise ValueError("histogram: there are edges beyond 2**53, which are no floats: convert them by `astype`")
    return edges, wide


def _find_range(array: Any, given: Any) -> tuple[Any, Any]:
    """The first and the last edge of bins of one width."""
    if given is None:
        first, last = (reductions.min(array), reductions.max(array)) if array.size else (0, 1)
        said = "that of the numbers, "
    else:
        try:
            first, last = given
        except (TypeError, ValueError):
            raise ValueError(f"histogram: `range` is a pair of numbers, not {given!r}") from None
        said = ""
        if first > last:
            raise ValueError(f"histogram: `range` descends from {first} to {last}")
    if not (numpy.isfinite(first) and numpy.isfinite(last)):
        raise ValueError(f"histogram: the range, {said}from {first} to {last}, is not finite")
    if isinstance(first, int | numpy.integer) and isinstance(last, int | numpy.integer):
        first, last = int(first), int(last)
    return (first - 0.5, last + 0.5) if first == last else (first, last)


@cache
def _find_lanes(dtype: Any) -> Any:
    return SIMD.__class_getitem__((dtype.type, LANES))


def _count_uniform(flat: Any, edges: Any, extent: float, weights: Any) -> Any:
    """What lies in bins of one width."""
    bounds, lanes, bins = edges.copy(), _find_lanes(edges.dtype), edges.size - 1
    bounds[-1] = numpy.inf
    for held in (edges, bounds):
        held.flags.writeable = False
    if weights is not None:
        table = numpy.zeros(bins)
        count_uniform(flat, weights[0], edges, bounds, table, begin=0, end=flat.size, extent=extent, lanes=lanes, is_weighted=True)
        edges.flags.writeable = True
        return table.astype(weights[1])

    def count(tables: Any, begin: int, end: int) -> None:
        count_uniform(flat, edges, edges, bounds, tables, begin=begin, end=end, extent=extent, lanes=lanes, is_weighted=False)

    counts = _share_tables(count, flat.size, bins)
    edges.flags.writeable = True
    return counts


def _count_between(flat: Any, edges: Any, weights: Any) -> Any:
    """What lies between edges."""
    bins, lanes = edges.size - 1, _find_lanes(flat.dtype)
    edges.flags.writeable = False
    if weights is not None:
        table = numpy.zeros(bins)
        count_between(flat, weights[0], edges, table, begin=0, end=flat.size, lanes=lanes, is_weighted=True)
        return table.astype(weights[1])
    return _share_tables(lambda table, begin, end: count_between(flat, edges, edges, table, begin=begin, end=end, lanes=lanes, is_weighted=False), flat.size, bins)


def _share_tables(count: Any, n: int, size: int) -> Any:
    """Count `n` numbers on as many threads as they are worth, each with a table of its own."""
    threads = num_threads() if n >= SHARED else 1
    tables = numpy.zeros((threads, size), numpy.intp)
    if threads == 1:
        count(tables[0], 0, n)
        return tables[0]
    each = -(-n // threads)
    parallel_for(lambda part: count(tables[part], part * each, min(n, part * each + each)), threads)
    return tables.sum(axis=0)


def _count_numbers(flat: Any, weights: Any, least: int) -> Any:
    """How often each integer occurs: the table is made twice as long where they do not fit."""
    n = flat.size
    if weights is not None or (n >= SHARED and num_threads() > 1):
        size = max(least, _find_size(flat, 0, n))
        if weights is None:
            return _share_tables(lambda table, begin, end: count_numbers(flat, table, begin=begin, end=end), n, size)
        made = numpy.zeros(size)
        add_numbers(flat, weights[0], made, begin=0, end=n)
        return made
    table = numpy.zeros(least if least > _FIRST else _FIRST, numpy.intp)
    at = count_numbers(flat, table, begin=0, end=n)
    while at < n:
        wider = numpy.zeros(max(2 * table.size, _find_size(flat, at, at + 1)), numpy.intp)
        wider[: table.size] = table
        table = wider
        at = count_numbers(flat, table, begin=at, end=n)
    return table[: find_length(table, least)]


def _find_size(flat: Any, begin: int, end: int) -> int:
    """The size of a table for some of the integers."""
    smallest, greatest = find_range(flat, begin, end)
    if smallest < 0:
        raise ValueError(f"bincount: there is a negative number, {smallest}")
    return int(greatest) + 1
