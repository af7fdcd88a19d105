"""This module is `softmax`, `log_softmax` and `layer_norm`: what they take and give; the work is done by `accel.kernels.rows`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy

from accel.kernels.arrays import check_out, find_dtype, find_place, is_plain, to_read
from accel.kernels.rows import normalise_rows, softmax_rows
from accel.kernels.sharing import share
from accel.threads import num_threads
from accel.types import SIMD

__all__ = ["layer_norm", "log_softmax", "softmax"]

_BYTES = 128  # of the partial sums of a row
_BLOCK = 128  # elements of each after which they begin anew
_SHARED = 1 << 17  # elements that are worth several threads


def softmax(x: Any, axis: int = -1, out: Any = None) -> Any:
    """exp(x) along an axis, divided by its sum.

    Parameters
    ----------
    x : array_like
        Of float32 or float64, or what NumPy promotes to these. Any shape but a number's, any strides.
    axis : int, default -1
        The axis whose elements add up to 1.
    out : ndarray, the shape of x, optional
        Where the result goes. It may share memory with `x`.

    Returns
    -------
    ndarray
        The shape of x.

    Raises
    ------
    TypeError
        For other dtypes; for an `out` that is no array, or can't hold the result.
    ValueError
        For an axis that there is not; when `out` has another shape or is read-only.

    Notes
    -----
    *Accuracy.* The relative error of an element that is d below the greatest of n is at most `(d + log(n) + 140 + n / 2048) * u`, u = 2**-24 or 2**-53; d of it is the rounding
    of `x - max`. It is measured below `(d + 6) * u` for n up to 5000. Results below the least normal number are subnormal, or 0.

    *Determinism.* The bits depend on the elements along the axis alone: not on the number of threads, the shape around, the strides or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, for at least 131,072 elements in more than one row.

    A row with NaN or +inf, or of -inf alone, gives NaN; nothing warns. Arrays that are not C-ordered, or normalised along another axis than the last, are copied first.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import softmax
    >>> softmax(numpy.array([[0.0, 0.0], [1000.0, -1000.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return _softmax("softmax", x, axis, out, is_log=False)


def log_softmax(x: Any, axis: int = -1, out: Any = None) -> Any:
    """The logarithm of `softmax(x, axis)`, also where that would be 0.

    Parameters
    ----------
    x : array_like
        As for `softmax`.
    axis : int, default -1
        As for `softmax`.
    out : ndarray, the shape of x, optional
        As for `softmax`.

    Returns
    -------
    ndarray
        The shape of x.

    Raises
    ------
    TypeError, ValueError
        As `softmax` does.

    Notes
    -----
    *Accuracy.* The error of an element that is d below the greatest of n is at most `(d + abs(result) + log(n) + 140 + n / 2048) * u`, u = 2**-24 or 2**-53.

    Determinism, threads, NaN and memory: as for `softmax`. An element -inf gives -inf, unless all of its row are.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import log_softmax
    >>> log_softmax(numpy.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    return _softmax("log_softmax", x, axis, out, is_log=True)


def layer_norm(x: Any, weight: Any = None, bias: Any = None, *, eps: float = 1e-5, axis: int = -1, out: Any = None) -> Any:
    """`(x - mean) / sqrt(variance + eps) * weight + bias` along an axis; the variance is the mean of squares.

    Parameters
    ----------
    x : array_like
        Of float32 or float64, or what NumPy promotes to these. Any shape but a number's, any strides.
    weight, bias : array_like, (n,), optional
        One number for each element along the axis, taken as the dtype of `x`.
    eps : float, default 1e-5
        What keeps rows of equal elements away from a division by 0.
    axis : int, default -1
        The axis along which mean and variance are.
    out : ndarray, the shape of x, optional
        Where the result goes. It may share memory with the others.

    Returns
    -------
    ndarray
        The shape of x.

    Raises
    ------
    TypeError
        For other dtypes; for an `out` that is no array, or can't hold the result.
    ValueError
        For an axis that there is not, a negative `eps`, shapes that do not fit; when `out` is read-only.

    Notes
    -----
    *Accuracy.* With y the result without weight and bias, the error is at most `(400 + n / 512) * u * (1 + abs(y)) * abs(weight) + u * abs(result)`, u = 2**-24 or 2**-53, however
    far from zero the mean is; it is measured below `12 * u * (1 + abs(y))` of the result without weight and bias for n up to 5000.

    *Determinism.* The bits depend on the elements along the axis, weight, bias and eps alone: not on the number of threads, the shape around, the strides or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, for at least 131,072 elements in more than one row.

    A row with NaN or infinity gives NaN, as does one whose sum, or sum of squares of differences, overflows (differences beyond some 1e17 of float32). Nothing warns.
    Arrays that are not C-ordered, or normalised along another axis than the last, are copied first.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import layer_norm
    >>> layer_norm(numpy.array([[-1.0, 1.0], [1e6, 1e6]]), bias=[0.0, 3.0], eps=0.5625)
    array([[-0.8,  3.8],
           [ 0. ,  3. ]])
    """
    held = numpy.asarray(x)
    dtype = find_dtype("layer_norm", held)
    axis = _find_axis("layer_norm", axis, held.ndim)
    if not eps >= 0:
        raise ValueError(f"layer_norm: `eps` is {eps}, it must not be negative")
    n = held.shape[axis]
    factor, summand = _follow("weight", weight, n, dtype, default=1.0, out=out), _follow("bias", bias, n, dtype, default=-0.0, out=out)

    def do(rows: Any, made: Any, first: int, end: int, n: int) -> None:
        normalise_rows(rows, factor, summand, made, first=first, end=end, n=n, eps=float(eps), **_options(dtype))

    return _each_row("layer_norm", held, axis, out, dtype, do=do)


def _follow(name: str, given: Any, n: int, dtype: Any, *, default: float, out: Any) -> Any:
    """A weight or bias, which does not lie where the result goes; the default changes no bit."""
    if given is None:
        return to_read(numpy.full(n, default, dtype))
    made = numpy.asarray(given, dtype)
    if made.shape != (n,):
        raise ValueError(f"layer_norm: `{name}` has shape {made.shape}, the axis has length {n}")
    is_apart = is_plain(made, dtype) and not (isinstance(out, numpy.ndarray) and numpy.may_share_memory(made, out))
    return to_read(made if is_apart else numpy.array(made, dtype, order="C"))


def _softmax(kernel: str, x: Any, axis: int, out: Any, *, is_log: bool) -> Any:
    held = numpy.asarray(x)
    dtype = find_dtype(kernel, held)
    axis = _find_axis(kernel, axis, held.ndim)

    def do(rows: Any, made: Any, first: int, end: int, n: int) -> None:
        softmax_rows(rows, made, first=first, end=end, n=n, is_log=is_log, **_options(dtype))

    return _each_row(kernel, held, axis, out, dtype, do=do)


@cache
def _options(dtype: Any) -> dict[str, Any]:
    """What the machine code is made for."""
    of: Any = SIMD.__class_getitem__
    width = _BYTES // numpy.dtype(dtype).itemsize
    return {"lanes": of((dtype, width)), "one": of((dtype, 1)), "block": _BLOCK * width}


def _find_axis(kernel: str, axis: Any, axes: int) -> int:
    """An axis from 0 on."""
    try:
        found = operator.index(axis)
    except TypeError:
        raise TypeError(f"{kernel}: `axis` must be an int, not {type(axis).__name__}") from None
    if not -axes <= found < axes:
        raise ValueError(f"{kernel}: axis {found} is out of range for an array with {axes} {'axis' if axes == 1 else 'axes'}")
    return found % axes


def _each_row(kernel: str, x: Any, axis: int, out: Any, dtype: Any, *, do: Callable[[Any, Any, int, int, int], None]) -> Any:
    """Let `do(rows, made, first, end, length)` write what becomes of the rows along an axis, from the first to the end."""
    if out is not None:
        check_out(kernel, out, x.shape, dtype)
    turned = x if axis == x.ndim - 1 else x.swapaxes(axis, -1)
    rows = turned if is_plain(turned, dtype) else numpy.array(turned, dtype, order="C")
    made = find_place(out if turned is x else None, rows, dtype)
    if made.size:
        n = made.shape[-1]
        count, flat, flat_made = made.size // n, to_read(rows), made.reshape(-1)
        share(lambda first, end: do(flat, flat_made, first, end, n), count, num_threads() if made.size >= _SHARED else 1)
    if made is out:
        return out
    result = made if turned is x else made.swapaxes(axis, -1)
    if out is None:
        return numpy.ascontiguousarray(result).reshape(x.shape)
    numpy.copyto(out, result, casting="same_kind")
    return out
