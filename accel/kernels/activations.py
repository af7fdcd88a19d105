"""This module is `gelu`."""

from __future__ import annotations

from typing import Any

import numpy

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.arrays import check_out, find_dtype, find_line, find_place, is_plain, to_read
from accel.kernels.elementary import DOWN, exp_raised, normal_below
from accel.kernels.sharing import share
from accel.threads import num_threads
from accel.types import Float32, Float64

__all__ = ["gelu"]

_SHARED = 1 << 17  # elements that are worth several threads
_LEAST = {Float32: 14.42, Float64: 38.6}  # below minus this, the result is -0.0
_SLOPES = 1.5957691216057308, 0.07135481627260025  # 2 sqrt(2 / pi), and 0.044715 times that


@fn(nogil=True)
def gelu_of(x: Any, *, lanes: Comptime[Any], is_tanh: Comptime[bool]) -> Any:
    """max(x, 0) - a Q(a) with a = |x|: Q is the normal distribution below -a, or what is taken for it. Where x is negative, nothing is cancelled."""
    a = abs(x).min(comptime(_LEAST[lanes.dtype]))
    if comptime(is_tanh):
        power = exp_raised(-(a * (a * a).fma(comptime(_SLOPES[1]), comptime(_SLOPES[0]))), lanes=lanes) * comptime(DOWN[lanes.dtype])
        return (-a).fma(power / (power + 1.0), x.max(-0.0))
    first, power = normal_below(a, lanes=lanes)
    return (-(a * first)).fma(power, x.max(-0.0))


@fn(nogil=True)
def gelu_each(x: Any, out: Any, *, first: int, end: int, lanes: Comptime[Any], is_tanh: Comptime[bool]) -> None:
    """Elements `first` to `end`."""
    whole = end - (end - first) % lanes.width
    for i in range(first, whole, lanes.width):
        gelu_of(lanes.load(x, i), lanes=lanes, is_tanh=is_tanh).store(out, i)
    if whole < end:
        inside = lanes.iota() < end - whole
        gelu_of(lanes.load(x, whole, inside), lanes=lanes, is_tanh=is_tanh).store(out, whole, inside)


def gelu(x: Any, out: Any = None, approximate: str | None = None) -> Any:
    """x times the normal distribution at x: `x * (1 + erf(x / sqrt(2))) / 2`.

    Parameters
    ----------
    x : array_like
        Of float32 or float64, or what NumPy promotes to these. Any shape, any strides.
    out : ndarray, the shape of x, optional
        Where the result goes. It may share memory with `x`.
    approximate : {None, "tanh"}
        With "tanh" it is `x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2`.

    Returns
    -------
    ndarray
        The shape of x; a scalar for a number.

    Raises
    ------
    TypeError
        For other dtypes; for an `out` that is no array, or can't hold the result.
    ValueError
        For another `approximate`; when `out` has another shape or is read-only.

    Notes
    -----
    *Accuracy.* 5 units in the last place, also where x is far below zero and the result small; measured 4.4. With "tanh" 3 units for x from 0 on; below, where
    y = -2 sqrt(2 / pi) (x + 0.044715 x**3), 8 + 3 y.
    Results below the least normal number are subnormal, or -0.0; so is that of -inf.

    *Determinism.* Each result depends on its element alone: not on the number of threads, the place, the strides or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, for at least 131,072 elements.

    NaN gives NaN, nothing warns. Arrays that are not C-ordered are copied first.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import gelu
    >>> gelu(numpy.array([-10.0, 0.0, 1.0, 10.0])).round(6)
    array([-0.      ,  0.      ,  0.841345, 10.      ])
    """
    held = numpy.asarray(x)
    dtype = find_dtype("gelu", held)
    if approximate not in (None, "none", "tanh"):
        raise ValueError(f'gelu: `approximate` is None or "tanh", not {approximate!r}')
    if out is not None:
        check_out("gelu", out, held.shape, dtype)
    read = held if is_plain(held, dtype) else numpy.array(held, dtype, order="C")
    made = find_place(out, read, dtype)
    flat, flat_made, how = to_read(read), made.reshape(-1), {"lanes": find_line(dtype), "is_tanh": approximate == "tanh"}
    share(lambda first, end: gelu_each(flat, flat_made, first=first, end=end, **how), flat.size, num_threads() if flat.size >= _SHARED else 1)
    if out is None:
        return made if made.ndim else made[()]
    if made is not out:
        numpy.copyto(out, made, casting="same_kind")
    return out
