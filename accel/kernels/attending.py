"""This module is `attention`: what it takes and gives; the work is done by `accel.kernels.heads`."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

import numpy

from accel.kernels.arrays import check_out, find_dtype, give_room, is_direct, is_plain, take_room, to_read
from accel.kernels.blocks import choose_blocks, round_up
from accel.kernels.heads import attend_each
from accel.threads import num_threads, parallel_for
from accel.types import SIMD

__all__ = ["attention"]

_BYTES = 128  # of the partial sums of a row
_KEYS = 256  # of a block: part of what results are
_GROUP = 8  # tiles of rows whose scores lie in memory at a time
_MOST = 384  # rows for which keys are packed once, about
_SHARED = 1 << 21  # products of numbers that are worth several threads


def attention(q: Any, k: Any, v: Any, *, causal: bool = False, scale: float | None = None, out: Any = None) -> Any:
    """`softmax(q @ k.T * scale) @ v` for each head, without the matrix in between.

    Parameters
    ----------
    q : array_like, (..., m, dim)
        Queries, of float32 or float64, or what NumPy promotes to these. Any strides.
    k, v : array_like, (..., s, dim) and (..., s, dim_v)
        Keys and values. Leading axes of the three are broadcast: heads may share keys.
    causal : bool, default False
        Whether row i sees only the keys up to i, as in PyTorch's `scaled_dot_product_attention(..., is_causal=True)`; the others have no influence, not even NaN.
    scale : float, optional
        What scores are multiplied by; `1 / sqrt(dim)` by default.
    out : ndarray, (..., m, dim_v), optional
        Where the result goes. It may share memory with the others.

    Returns
    -------
    ndarray, (..., m, dim_v)
        Zeros where there are no keys.

    Raises
    ------
    TypeError
        For other dtypes; for an `out` that is no array, or can't hold the result.
    ValueError
        When shapes do not fit; when `out` is read-only.

    Notes
    -----
    *Accuracy.* Where rounding in scores changes none by more than e, the error is at most `2 * e + (log(s) + 700 + s / 128) * u` times the mean of `abs(v)` with the
    weights of the row, u = 2**-24 or 2**-53; e is at most `(dim + 3) * u * abs(scale)` times the largest sum of `abs(q[i, p] * k[j, p])`, plus u times how far scores are below
    the greatest. For normally distributed numbers, dim up to 64 and s up to 2048, it is measured below `20 * u` times that mean.

    *Determinism.* The bits of a row depend on its query and the keys and values it sees alone: not on the number of threads, the shape around, the strides or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, for at least two million multiplications: they share heads, and pieces of their rows.

    *Memory.* For each thread some 256 keys and values, and 384 rows of the result.

    NaN in a query, and infinite or NaN scores, give NaN in their row; nothing warns. Arrays that are not C-ordered are copied first.

    References
    ----------
    M. Milakov, N. Gimelshein: Online normalizer calculation for softmax, 2018. T. Dao et al.: FlashAttention, 2022.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import attention
    >>> q = numpy.array([[0.0, 0.0], [0.0, 1000.0]])
    >>> attention(q, q, numpy.array([[1.0], [3.0]]))
    array([[2.],
           [3.]])
    >>> attention(q, q, numpy.array([[1.0], [3.0]]), causal=True)
    array([[1.],
           [3.]])
    """
    given = [numpy.asarray(each) for each in (q, k, v)]
    dtype = find_dtype("attention", *given)
    for name, each in zip("qkv", given, strict=True):
        if each.ndim < 2:
            raise ValueError(f"attention: `{name}` has shape {each.shape}, it must have at least two axes")
    (m, dim), (s, dim_k), (s_v, dim_v) = (each.shape[-2:] for each in given)
    if dim != dim_k:
        raise ValueError(f"attention: the last axis of `q` has length {dim}, that of `k` {dim_k}")
    if s != s_v:
        raise ValueError(f"attention: `k` has {s} rows, `v` {s_v}")
    try:
        stack = numpy.broadcast_shapes(*(each.shape[:-2] for each in given))
    except ValueError:
        raise ValueError(f"attention: leading axes {', '.join(str(each.shape[:-2]) for each in given)} can't be broadcast") from None
    factor = 1 / math.sqrt(max(dim, 1)) if scale is None else float(scale)
    shape = (*stack, m, dim_v)
    if out is not None:
        check_out("attention", out, shape, dtype)
    if factor < 0:  # machine code looks for the greatest score, not the least
        given[0], factor = numpy.negative(given[0]), -factor
    read = [each if is_plain(each, dtype) else numpy.array(each, dtype, order="C") for each in given]
    made = out if is_direct(out, dtype, *read) else numpy.empty(shape, dtype)
    if made.size and s:
        _attend(read, made, stack, is_causal=bool(causal), scale=factor, dtype=dtype)
    else:
        made.fill(0)
    if out is None or made is out:
        return made
    numpy.copyto(out, made, casting="same_kind")
    return out


@cache
def _options(dtype: Any) -> dict[str, Any]:
    """What the machine code is made for."""
    of: Any = SIMD.__class_getitem__
    tile = choose_blocks(dtype).tile
    part, tall, cols = tile.lanes, tile.tall, tile.cols
    sizes = {"part": part, "tall": tall, "cols": cols, "group": _GROUP * tall, "keys": _KEYS}
    return {"lanes": of((dtype, _BYTES // numpy.dtype(dtype).itemsize)), "one": of((dtype, 1)), "four": of((dtype, 4)), **sizes}


@lru_cache(64)
def _find_pieces(shapes: tuple[tuple[int, ...], ...], stack: tuple[int, ...], most: int) -> Any:
    """Six numbers for each piece of a head, as `attend_each` takes them."""
    m, dim_v = shapes[0][-2], shapes[2][-1]
    heads = math.prod(stack)
    firsts = numpy.arange(0, m, most)
    places = numpy.empty((heads, len(firsts), 6), numpy.int64)
    for side, shape in enumerate(shapes):
        held, size = shape[:-2], shape[-2] * shape[-1]
        starts = numpy.arange(math.prod(held)).reshape(held) * size
        places[:, :, side] = numpy.broadcast_to(starts, stack).reshape(heads, 1)
    places[:, :, 0] += firsts * shapes[0][-1]
    places[:, :, 3] = numpy.arange(heads)[:, None] * (m * dim_v) + firsts * dim_v
    places[:, :, 4] = firsts
    places[:, :, 5] = numpy.minimum(most, m - firsts)
    return places.reshape(-1)


def _attend(read: list[Any], made: Any, stack: tuple[int, ...], *, is_causal: bool, scale: float, dtype: Any) -> None:
    """All heads, in pieces of rows."""
    (m, dim), (s, dim_v), options = read[0].shape[-2:], read[2].shape[-2:], _options(dtype)
    tall, group, wide = options["tall"], options["group"], round_up(dim_v, options["cols"] * options["part"].width)
    heads = math.prod(stack)
    threads = num_threads() if heads * m * s * (dim + dim_v) >= _SHARED else 1
    pieces = max(-(-m // _MOST), -(-threads // heads))
    most = round_up(-(-m // pieces), tall)
    places = _find_pieces(tuple(each.shape for each in read), stack, most)
    count = places.size // 6
    size = _KEYS * (dim + wide) + tall * dim + (most + tall) * (wide + 2) + (group + tall) * _KEYS
    flat_q, flat_k, flat_v = map(to_read, read)
    flat_made = made.reshape(-1)

    def do(first: int, end: int) -> None:
        room, held = take_room(flat_made.dtype, size)
        sizes: dict[str, Any] = {"s": s, "dim": dim, "dim_v": dim_v, "most": most}
        attend_each(flat_q, flat_k, flat_v, flat_made, places, room=room, held=held, first=first, end=end, is_causal=is_causal, scale=scale, **sizes, **options)
        give_room(room, held)

    if threads == 1 or count == 1:
        do(0, count)
    else:
        parallel_for(lambda piece: do(piece, piece + 1), count, schedule="dynamic")
