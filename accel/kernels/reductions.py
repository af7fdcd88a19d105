"""This module is sums, moments and extremes of arrays: what they take and give; the work is done by `accel.kernels.folds`."""

from __future__ import annotations

import math
from typing import Any

import numpy

from accel.kernels.arrays import check_out
from accel.kernels.sequences import Sequences, arrange, find_all, find_axes, find_each, find_flat, fold, fold_all

__all__ = ["argmax", "argmin", "max", "mean", "min", "std", "sum", "var"]


def sum(a: Any, axis: Any = None, *, out: Any = None, keepdims: bool = False) -> Any:
    """The sum of the numbers along axes of an array, as `numpy.sum` gives it.

    Parameters
    ----------
    a : array_like
        Of float32, float64, integers or bool. Any shape, any strides.
    axis : int or tuple of int, optional
        Along which; by default along all.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    ndarray or scalar
        Of the dtype of `a`; int64 for signed integers and bool, which wrap, uint64 for unsigned ones. 0 where there are no numbers.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        For axes that there are not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    *Accuracy.* The error is at most `22 * u * sum(abs(a))`, u = 2**-24 or 2**-53, for any number of numbers: 512 at a time are added in 32 chains, these by halves,
    and the sums of blocks with what each addition loses. That is as good as a sum in pairs for few numbers, and better for many.

    *Determinism.* The bits depend on the sequence of the numbers alone, in C order of the axes: not on threads, strides, shape or instruction set.

    *Threads.* As many as `accel.num_threads()` says, for 262144 numbers or more.

    NaN and infinity go through as in NumPy; nothing warns. The sum of several -0.0 is -0.0.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import sum
    >>> a = numpy.arange(6.0).reshape(2, 3)
    >>> float(sum(a)), sum(a, axis=0)
    (15.0, array([3., 5., 7.]))
    """
    flat = find_flat(a) if axis is None and out is None and not keepdims else None
    if flat is not None:
        return fold_all(flat, "sum")[0]
    array = numpy.asarray(a)
    dtype, is_unsigned = _find_sum_dtype(array.dtype), array.dtype.kind == "u"
    found, shape = _arrange("sum", array, axis, dtype, out=out, keepdims=keepdims, made=numpy.dtype(numpy.uint64) if is_unsigned else None)
    made = fold(found, "wrap" if dtype.kind == "i" else "sum") if found.n else numpy.zeros(found.outer * found.inner, dtype)
    return _finish(found, made.view(numpy.uint64) if is_unsigned else made, shape, out)


def mean(a: Any, axis: Any = None, *, out: Any = None, keepdims: bool = False) -> Any:
    """The mean of the numbers along axes of an array, as `numpy.mean` gives it.

    Parameters
    ----------
    a : array_like
        Of float32 or float64; integers and bool are converted to float64.
    axis : int or tuple of int, optional
        Along which; by default along all.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    ndarray or scalar
        Of float32 or float64. NaN where there are no numbers.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        For axes that there are not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    The sum, as `sum` adds it, divided by the number of numbers in float64: one rounding more, for float32 none. Nothing warns.

    Examples
    --------
    >>> from accel.kernels import mean
    >>> float(mean([1.0, 2.0, 6.0]))
    3.0
    """
    flat = find_flat(a) if axis is None and out is None and not keepdims else None
    if flat is not None:
        return fold_all(flat, "sum", float(flat.size))[0]
    array = numpy.asarray(a)
    found, shape = _arrange("mean", array, axis, _find_mean_dtype("mean", array.dtype), out=out, keepdims=keepdims)
    return _finish(found, _find_means(found), shape, out)


def var(a: Any, axis: Any = None, *, ddof: float = 0, out: Any = None, keepdims: bool = False) -> Any:
    """The variance of the numbers along axes of an array, as `numpy.var` gives it.

    Parameters
    ----------
    a : array_like
        Of float32 or float64; integers and bool are converted to float64.
    axis : int or tuple of int, optional
        Along which; by default along all.
    ddof : float
        What is taken from the number of numbers, by which the sum of squares is divided.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    ndarray or scalar
        Of float32 or float64. NaN or infinity where there are no more than `ddof` numbers.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        For axes that there are not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    The mean first, then the squares of the distances from it, each with one rounding less by `fma`, added as `sum` adds them. The relative error is at most
    `27 * u + (24 * u * mean(abs(a)))**2 / var(a)`, but for terms in u**2. The bits depend on the sequence of the numbers alone. Nothing warns;
    where a sum or a square overflows, the result is infinity or NaN.

    Examples
    --------
    >>> from accel.kernels import var
    >>> float(var([1.0, 2.0, 6.0])), float(var([1.0, 2.0, 6.0], ddof=1))
    (4.666666666666667, 7.0)
    """
    return _find_var("var", a, axis, ddof, out=out, keepdims=keepdims)


def std(a: Any, axis: Any = None, *, ddof: float = 0, out: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation of the numbers along axes of an array, as `numpy.std` gives it.

    Parameters
    ----------
    a : array_like
        Of float32 or float64; integers and bool are converted to float64.
    axis : int or tuple of int, optional
        Along which; by default along all.
    ddof : float
        What is taken from the number of numbers, by which the sum of squares is divided.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    ndarray or scalar
        Of float32 or float64. NaN or infinity where there are no more than `ddof` numbers.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        For axes that there are not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    The square root of `var`: half of its relative error, and one rounding.

    Examples
    --------
    >>> from accel.kernels import std
    >>> float(std([1.0, 2.0, 3.0], ddof=1))
    1.0
    """
    return _find_var("std", a, axis, ddof, out=out, keepdims=keepdims)


def min(a: Any, axis: Any = None, *, out: Any = None, keepdims: bool = False) -> Any:
    """The least of the numbers along axes of an array, as `numpy.min` gives it.

    Parameters
    ----------
    a : array_like
        Of float32, float64, integers or bool.
    axis : int or tuple of int, optional
        Along which; by default along all.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    ndarray or scalar
        Of the dtype of `a`. NaN where one of the numbers is.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        Where there are no numbers; for axes that there are not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    Which of 0.0 and -0.0 comes out where both are least is not promised.

    Examples
    --------
    >>> from accel.kernels import min
    >>> min([[3, 1], [2, 5]], axis=1)
    array([1, 2])
    """
    return _find_extreme("min", a, axis, out, keepdims)


def max(a: Any, axis: Any = None, *, out: Any = None, keepdims: bool = False) -> Any:
    """The greatest of the numbers along axes of an array, as `numpy.max` gives it.

    Parameters
    ----------
    a : array_like
        Of float32, float64, integers or bool.
    axis : int or tuple of int, optional
        Along which; by default along all.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    ndarray or scalar
        Of the dtype of `a`. NaN where one of the numbers is.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        Where there are no numbers; for axes that there are not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    Which of 0.0 and -0.0 comes out where both are greatest is not promised.

    Examples
    --------
    >>> from accel.kernels import max
    >>> max([[3, 1], [2, 5]], axis=1)
    array([3, 5])
    """
    return _find_extreme("max", a, axis, out, keepdims)


def argmin(a: Any, axis: int | None = None, *, out: Any = None, keepdims: bool = False) -> Any:
    """Where the first of the least numbers along an axis is, as `numpy.argmin` gives it.

    Parameters
    ----------
    a : array_like
        Of float32, float64, integers or bool.
    axis : int, optional
        Along which; by default the array is taken as one row, in C order.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether this axis stays, with length 1.

    Returns
    -------
    ndarray or scalar
        Of intp. Where the first NaN is, if there is one.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        Where there are no numbers; for an axis that there is not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    An axis whose numbers do not lie one behind the other is copied first.

    Examples
    --------
    >>> from accel.kernels import argmin
    >>> argmin([[3, 1, 1], [2, 5, 4]], axis=1)
    array([1, 0])
    """
    return _find_place("argmin", a, axis, out, keepdims)


def argmax(a: Any, axis: int | None = None, *, out: Any = None, keepdims: bool = False) -> Any:
    """Where the first of the greatest numbers along an axis is, as `numpy.argmax` gives it.

    Parameters
    ----------
    a : array_like
        Of float32, float64, integers or bool.
    axis : int, optional
        Along which; by default the array is taken as one row, in C order.
    out : ndarray, optional
        Where the result goes. It may share memory with `a`.
    keepdims : bool
        Whether this axis stays, with length 1.

    Returns
    -------
    ndarray or scalar
        Of intp. Where the first NaN is, if there is one.

    Raises
    ------
    TypeError
        For other dtypes, and an `out` that is no array or can't hold the result.
    ValueError
        Where there are no numbers; for an axis that there is not, for an `out` of another shape or one that is read-only.

    Notes
    -----
    An axis whose numbers do not lie one behind the other is copied first.

    Examples
    --------
    >>> from accel.kernels import argmax
    >>> argmax([[3, 1, 1], [2, 5, 5]], axis=1)
    array([0, 1])
    """
    return _find_place("argmax", a, axis, out, keepdims)


def _find_sum_dtype(dtype: Any) -> Any:
    """What numbers are added in: that of floats, int64 for integers, whatever their sign."""
    if dtype.char in "fd":
        return dtype.newbyteorder("=")
    if dtype.kind in "iub":
        return numpy.dtype(numpy.int64)
    raise TypeError(f"sum takes arrays of float32, float64, integers and bool, got {dtype}: convert it by `astype`")


def _find_mean_dtype(kernel: str, dtype: Any) -> Any:
    if dtype.char in "fd":
        return dtype.newbyteorder("=")
    if dtype.kind in "iub":
        return numpy.dtype(numpy.float64)
    raise TypeError(f"{kernel} takes arrays of float32, float64, integers and bool, got {dtype}: convert it by `astype`")


def _find_extreme_dtype(kernel: str, dtype: Any) -> Any:
    if dtype.char in "fd" or dtype.kind in "iu":
        return dtype.newbyteorder("=")
    if dtype.kind == "b":
        return numpy.dtype(numpy.uint8)
    raise TypeError(f"{kernel} takes arrays of float32, float64, integers and bool, got {dtype}: convert it by `astype`")


def _arrange(
    kernel: str, array: Any, axis: Any, dtype: Any, *, out: Any, keepdims: bool, made: Any = None, rows: bool = False
) -> tuple[Sequences, tuple[int, ...]]:
    """What is folded, and the shape of the results; `out` is checked for results of `made`, by default of `dtype`."""
    axes = find_axes(kernel, axis, array.ndim)
    shape = tuple(1 if at in axes else length for at, length in enumerate(array.shape) if keepdims or at not in axes)
    if out is not None:
        check_out(kernel, out, shape, dtype if made is None else made)
    return arrange(array, axes, dtype, rows=rows), shape


def _finish(found: Sequences, made: Any, shape: tuple[int, ...], out: Any) -> Any:
    """Results in their shape, or in `out`."""
    placed = found.place(made, shape)
    if out is None:
        return placed if shape else placed[()]
    numpy.copyto(out, placed, casting="same_kind")
    return out


def _find_means(found: Sequences) -> Any:
    return fold(found, "sum", float(found.n)) if found.n else numpy.full(found.outer * found.inner, math.nan, found.flat.dtype)


def _find_var(kernel: str, a: Any, axis: Any, ddof: float, *, out: Any, keepdims: bool) -> Any:
    """The variance, or its square root."""
    flat = find_flat(a) if axis is None and out is None and not keepdims else None
    if flat is not None and flat.size > ddof:
        made = fold_all(flat, "squares", float(flat.size - ddof), fold_all(flat, "sum", float(flat.size)))[0]
        return made if kernel == "var" else numpy.sqrt(made)
    array = numpy.asarray(a)
    found, shape = _arrange(kernel, array, axis, _find_mean_dtype(kernel, array.dtype), out=out, keepdims=keepdims)
    made = _find_means(found)
    if found.n > ddof:
        made = fold(found, "squares", float(found.n - ddof), made)
    else:
        made = fold(found, "squares", 1.0, made) if found.n else made
        with numpy.errstate(all="ignore"):
            made /= 0.0
    return _finish(found, made if kernel == "var" else numpy.sqrt(made), shape, out)


def _find_extreme(op: str, a: Any, axis: Any, out: Any, keepdims: bool) -> Any:
    """The least, or the greatest."""
    flat = find_flat(a) if axis is None and out is None and not keepdims else None
    if flat is not None:
        return fold_all(flat, op)[0]
    array = numpy.asarray(a)
    dtype = _find_extreme_dtype(op, array.dtype)
    is_bool = array.dtype.kind == "b"
    found, shape = _arrange(op, array.view(numpy.uint8) if is_bool else array, axis, dtype, out=out, keepdims=keepdims, made=numpy.dtype(bool) if is_bool else None)
    if not found.n:
        raise ValueError(f"{op}: there are no numbers, and so there is none that is {'least' if op == 'min' else 'greatest'}")
    made = fold(found, op)
    return _finish(found, made.view(numpy.bool_) if is_bool else made, shape, out)


def _find_place(kernel: str, a: Any, axis: Any, out: Any, keepdims: bool) -> Any:
    """Where the least, or the greatest, is."""
    op = kernel[3:]
    flat = find_flat(a) if axis is None and out is None and not keepdims else None
    if flat is not None:
        return find_all(flat, op)[0]
    if isinstance(axis, tuple):
        raise TypeError(f"{kernel}: `axis` is an int or None, not {axis!r}")
    array = numpy.asarray(a)
    dtype = _find_extreme_dtype(kernel, array.dtype)
    held = array.view(numpy.uint8) if array.dtype.kind == "b" else array
    found, shape = _arrange(kernel, held, axis, dtype, out=out, keepdims=keepdims, made=numpy.dtype(numpy.intp), rows=True)
    if not found.n:
        raise ValueError(f"{kernel}: there are no numbers, and so there is none that is {'least' if op == 'min' else 'greatest'}")
    return _finish(found, find_each(found, op), shape, out)
