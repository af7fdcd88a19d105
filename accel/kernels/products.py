"""This module is `matmul`: what it takes and gives; the work is done by `accel.kernels.tiles`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy

from accel.kernels.arrays import check_out, find_dtype, flatten, give_room, is_direct, is_plain, take_room, to_read
from accel.kernels.blocks import Blocks, Tile, choose_blocks, choose_row_lanes, choose_small_tile, round_up
from accel.kernels.epilogues import Epilogue
from accel.kernels.sharing import share
from accel.kernels.tiles import TURNS, multiply_each, multiply_row, multiply_rows, pack_share
from accel.threads import num_threads, parallel_for

__all__ = ["matmul", "multiply_large"]

_SMALL = 64**3  # multiplications of a product that is done without packing `a`
_SMALL_DEPTH = 256
_SHARED = 1 << 22  # multiplications that are worth several threads
_PARTS, _ROWS = 4, 48  # of the rows, for each thread, at most; rows of a part, at least
_SHARES = 2  # of the columns that are packed, for each thread
_WORTH = 1 << 17  # elements that are worth being packed by another thread
_PACKED = 1 << 22  # elements of `b` that are packed at a time
_ORIGIN = numpy.zeros(2, numpy.int64)


def matmul(
    a: Any, b: Any, *, out: Any = None, bias: Any = None, activation: str | Callable[[Any], Any] | None = None, residual: Any = None
) -> Any:
    """The matrix product of two arrays, as `numpy.matmul` gives it, and what commonly follows it.

    Parameters
    ----------
    a, b : array_like, (..., m, k) and (..., k, n)
        Of float32 or float64, or what NumPy promotes to these. Leading axes are broadcast; one axis is a vector, as in `numpy.matmul`. Any strides.
    out : ndarray, (..., m, n), optional
        Where the result goes. It may share memory with the others.
    bias : array_like, (n,), optional
        Added to each row.
    activation : {"relu"} or callable, optional
        What becomes of each element, behind the bias: a function of an array, as a ufunc is.
    residual : array_like, broadcast to the result, optional
        Added at the end.

    Returns
    -------
    ndarray
        `activation(a @ b + bias) + residual`; a scalar for two vectors.

    Raises
    ------
    TypeError
        For other dtypes, complex numbers and integers alone among them; for an `out` that is no array, or can't hold the result.
    ValueError
        When shapes do not fit; when `out` is read-only.

    Notes
    -----
    *Accuracy.* Each element is `fma(a[i, k - 1], b[k - 1, j], ... fma(a[i, 0], b[0, j], 0.0))`: k roundings, in the order of k. Its error is at most
    `k * u / (1 - k * u)` times the sum of the magnitudes of the products, u = 2**-24 or 2**-53.

    *Determinism.* The bits depend on the two vectors alone: not on the number of threads, the shape around, the strides or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, for products of at least four million multiplications.

    Infinity and NaN go through as in NumPy; nothing warns. Operands that are neither C- nor Fortran-ordered are copied first.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import matmul
    >>> a = numpy.arange(6.0).reshape(2, 3)
    >>> matmul(a, a.T)
    array([[ 5., 14.],
           [14., 50.]])
    >>> matmul(a, a.T, bias=[-20.0, 0.0], activation="relu")
    array([[ 0., 14.],
           [ 0., 50.]])
    """
    if out is bias is activation is residual is None and type(a) is type(b) is numpy.ndarray and a.flags.aligned and b.flags.aligned:
        ready = _ready.get((a.dtype, b.dtype, a.shape, b.shape, a.strides, b.strides))
        if ready is not None:
            return ready.multiply(a, b)
    left, right = numpy.asarray(a), numpy.asarray(b)
    dtype = find_dtype("matmul", left, right)
    vectors = left.ndim == 1, right.ndim == 1
    left = left[None, :] if vectors[0] else left
    right = right[:, None] if vectors[1] else right
    if left.ndim == 0 or right.ndim == 0:
        raise ValueError(f"matmul: operand {int(left.ndim > 0)} has no axes; a product of numbers is `a * b`")
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"matmul: the last axis of `a` has length {left.shape[-1]}, the one of `b` it is multiplied with {right.shape[-2]}")
    stack = numpy.broadcast_shapes(left.shape[:-2], right.shape[:-2]) if left.ndim + right.ndim > 4 else ()
    shape = (*stack, *(() if vectors[0] else left.shape[-2:-1]), *(() if vectors[1] else right.shape[-1:]))
    if out is None and len(shape) == 2 and not stack and bias is activation is residual is None:  # what is called most
        made = numpy.empty(shape, dtype)
        _multiply(left, right, made, (), dtype)
        if left is a and right is b:
            _make_ready(a, b, made)
        return made
    epilogue = Epilogue("matmul", shape, dtype, bias=bias, activation=activation, residual=residual)
    if out is not None:
        check_out("matmul", out, shape, dtype)
    direct = is_direct(out, dtype, left, right, *epilogue.arrays)
    made = out if direct else numpy.empty(shape, dtype)
    _multiply(left, right, made.reshape((*stack, left.shape[-2], right.shape[-1])), stack, dtype)
    epilogue.apply(made)
    if out is None:
        return made if shape else made[()]
    if not direct:
        numpy.copyto(out, made, casting="same_kind")
    return out


def _flat(array: Any, dtype: Any) -> tuple[Any, int, int]:
    """The elements of matrices in one row that can't be written; from row to row, from column to column."""
    rows, columns = array.shape[-2:]
    if not is_plain(array, dtype) and is_plain(turned := array.swapaxes(-1, -2), dtype):
        return to_read(turned), 1, rows
    return flatten(array, dtype), columns, 1


def _multiply(a: Any, b: Any, out: Any, stack: tuple[int, ...], dtype: Any) -> None:
    """The products of all matrices of a stack."""
    (m, k), n = a.shape[-2:], b.shape[-1]
    if not out.size:
        return
    if not k:
        out.fill(0)
        return
    if m == 1 and not stack and is_plain(b, dtype) and n >= choose_row_lanes(dtype)[0].width:
        _multiply_row(flatten(a, dtype), to_read(b), out.reshape(-1), *choose_row_lanes(dtype))
        return
    if _is_small((m, n, k)):
        _multiply_small(a, b, out, dtype)
        return
    (flat_a, *steps_a), (flat_b, *steps_b) = _flat(a, dtype), _flat(b, dtype)
    steps, blocks = (*steps_a, *steps_b), choose_blocks(dtype)
    flat_out = out.reshape(-1)
    if not stack:
        multiply_large((flat_a, flat_b, flat_out), (m, n, k), steps, blocks)
        return
    places = _find_places(a, b, stack, (m * k, k * n)).reshape(-1, 2).tolist()
    for number, (a0, b0) in enumerate(places):
        parts = flat_a[a0 : a0 + m * k], flat_b[b0 : b0 + k * n], flat_out[number * m * n : (number + 1) * m * n]
        multiply_large(parts, (m, n, k), steps, blocks)


class _Ready:
    """A product of two matrices of certain shapes and strides, on whose memory machine code can work: all but the elements."""

    __slots__ = ("a_turned", "b_turned", "blocks", "dtype", "shape", "sizes", "steps", "tile")

    def __init__(self, sizes: tuple[int, int, int], turned: tuple[bool, bool], dtype: Any) -> None:
        m, n, k = self.sizes = sizes
        self.shape, self.dtype, (self.a_turned, self.b_turned) = (m, n), dtype, turned
        self.steps = (*((1, m) if self.a_turned else (k, 1)), *((1, k) if self.b_turned else (n, 1)))
        self.blocks = choose_blocks(dtype)
        self.tile = choose_small_tile(dtype, m, n) if _is_small(sizes) else None

    def multiply(self, a: Any, b: Any) -> Any:
        """The product of two such matrices."""
        made = numpy.empty(self.shape, self.dtype)
        arrays = to_read(a.T if self.a_turned else a), to_read(b.T if self.b_turned else b), made.reshape(-1)
        if self.tile is None:
            multiply_large(arrays, self.sizes, self.steps, self.blocks)
        else:
            _multiply_tiles(arrays, _ORIGIN, (0, 1), self.sizes, self.tile)
        return made


_ready: dict[tuple[Any, ...], _Ready] = {}
_MOST_READY = 512


def _make_ready(a: Any, b: Any, made: Any) -> None:
    """Have the next product of such matrices ready, if there is nothing to copy and nothing special about it."""
    dtype, (m, k), n = made.dtype.type, a.shape, b.shape[1]
    turned = tuple(not is_plain(x, dtype) for x in (a, b))
    sizes = m, n, k
    if m == 1 or not made.size or not k or not all(is_plain(x.T if turn else x, dtype) for x, turn in zip((a, b), turned, strict=True)):
        return
    if _is_small(sizes):
        tile = choose_small_tile(dtype, m, n)
        if any(turned) or m < tile.tall or n < tile.wide:
            return
    if len(_ready) >= _MOST_READY:
        _ready.clear()
    _ready[a.dtype, b.dtype, a.shape, b.shape, a.strides, b.strides] = _Ready(sizes, (turned[0], turned[1]), dtype)


def _is_small(sizes: tuple[int, int, int]) -> bool:
    return math.prod(sizes) <= _SMALL and sizes[2] <= _SMALL_DEPTH


def _multiply_row(a: Any, b: Any, out: Any, few: Any, many: Any) -> None:
    """One row times a matrix, without packing that: what it reads is read once."""
    n = out.size
    whole = n - n % many.width
    if whole:
        multiply_row(a, b, out, first=0, end=whole, n=n, k=a.size, lanes=many)
    if whole < n:
        multiply_row(a, b, out, first=min(whole, n - few.width), end=n, n=n, k=a.size, lanes=few)


def multiply_large(
    arrays: tuple[Any, Any, Any], sizes: tuple[int, int, int], steps: tuple[int, ...], blocks: Blocks, *, join: str = "product", is_root: bool = False
) -> None:
    """One product, in blocks of rows; `join` and `is_root` are those of a tile."""
    (a, b, c), (m, n, k) = arrays, sizes
    plan = _plan(sizes, steps, blocks, num_threads() if m * n * k >= _SHARED else 1)
    room, held = take_room(a.dtype, plan.room)
    how = plan.options | {"room": room, "held": held, "join": join, "is_root": is_root}
    if plan.parts == 1:
        multiply_rows(0, a, b, c, left=0, right=n, is_packed=False, **how)
    else:
        for left in range(0, n, plan.columns):
            ends = {"left": left, "right": min(n, left + plan.columns)}
            parallel_for(pack_share, -(-(ends["right"] - left) // plan.share), args=(b, room), kwargs=plan.packing | ends, num_threads=plan.threads)
            parallel_for(multiply_rows, plan.parts, args=(a, b, c), kwargs=how | ends | {"is_packed": True}, num_threads=plan.threads)
    give_room(room, held)


class _Plan:
    """How a product is shared among threads: `parts` of the rows, shares of `share` of the `columns` of `b` that are packed at a time; what the functions that do it get."""

    def __init__(self, sizes: tuple[int, int, int], steps: tuple[int, ...], blocks: Blocks, threads: int) -> None:
        (m, n, k), tile = sizes, blocks.tile
        part = round_up(-(-m // (1 if threads == 1 else threads * max(1, min(_PARTS, m // (threads * _ROWS))))), tile.tall)
        high = round_up(-(-part // -(-part * 4 // (blocks.high * 5))), tile.tall)  # rows a fifth more than planned are better than another block
        self.threads, self.parts = threads, -(-m // part)
        space, deep = blocks.find_space(high), round_up(k, TURNS)
        if self.parts == 1:
            self.columns = self.share = n
            strip, panels = blocks.strip, blocks.panels
        else:
            strip = self.columns = min(n, max(1, _PACKED // (deep * tile.wide)) * tile.wide)
            self.share = round_up(max(-(-self.columns // (threads * _SHARES)), _WORTH // deep), tile.wide)
            panels = round_up(self.columns, tile.wide) * deep
        self.room = panels + self.parts * space
        steps_of_b = {"b_row": steps[2], "b_column": steps[3]}
        self.packing: dict[str, Any] = {"share": self.share, "k": k, **steps_of_b, "lanes": tile.lanes, "cols": tile.cols, "depth": blocks.depth}
        self.options: dict[str, Any] = {"part": part, "m": m, "n": n, "k": k, "high": high, "strip": strip, "panels": panels, "space": space}
        self.options |= {"a_row": steps[0], "a_column": steps[1], **steps_of_b, **blocks.options}


_plan = lru_cache(maxsize=512)(_Plan)


def _multiply_small(a: Any, b: Any, out: Any, dtype: Any) -> None:
    """Small products, all in one go; they are made as large as a tile first."""
    (m, k), n, stack = a.shape[-2:], b.shape[-1], out.shape[:-2]
    tile = choose_small_tile(dtype, m, n)
    high, wide = max(m, tile.tall), max(n, tile.wide)
    is_whole = high == m and wide == n
    made = out if is_whole else numpy.empty((*stack, high, wide), dtype)
    flat_a, flat_b, flat = _plain(a, (high, k), dtype), _plain(b, (k, wide), dtype), made.reshape(-1)
    count = math.prod(stack)
    places = _find_places(a, b, stack, (high * k, k * wide)) if stack else _ORIGIN

    def do(first: int, end: int) -> None:
        _multiply_tiles((flat_a, flat_b, flat), places, (first, end), (high, wide, k), tile)

    threads = num_threads() if count * m * n * k >= _SHARED else 1
    share(do, count, min(threads, count))
    if not is_whole:
        numpy.copyto(out, made[..., :m, :n])


def _multiply_tiles(arrays: tuple[Any, Any, Any], places: Any, ends: tuple[int, int], sizes: tuple[int, int, int], tile: Tile) -> None:
    """Small products of a stack, from one to another, whose operands begin at `places`; each is at least as large as a tile."""
    room, held = take_room(arrays[2].dtype, _SMALL_DEPTH * tile.wide)
    (first, end), (m, n, k) = ends, sizes
    multiply_each(*arrays, places, room, held=held, first=first, end=end, m=m, n=n, k=k, **tile.options)
    give_room(room, held)


def _find_places(a: Any, b: Any, stack: tuple[int, ...], sizes: tuple[int, int]) -> Any:
    """Where the operands of each product of a stack begin, in turns."""
    places = numpy.empty((math.prod(stack), 2), numpy.int64)
    for side, (x, size) in enumerate(zip((a, b), sizes, strict=True)):
        held = x.shape[:-2]
        numbers = numpy.arange(0, math.prod(held) * size, size)
        places[:, side] = numbers if held == stack else numpy.broadcast_to(numbers.reshape(held), stack).ravel()
    return places.reshape(-1)


def _plain(array: Any, to: tuple[int, int], dtype: Any) -> Any:
    """The elements of C-ordered matrices in one row that can't be written, with zeros on the right and at the bottom up to a size."""
    if array.shape[-2:] != to:
        made = numpy.zeros((*array.shape[:-2], *to), dtype)
        made[..., : array.shape[-2], : array.shape[-1]] = array
        array = made
    return flatten(array, dtype)
