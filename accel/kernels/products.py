"""This module is `matmul`: what it takes and gives; the work is done by `accel.kernels.tiles`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from accel.kernels.arrays import check_out, find_dtype, flatten, is_direct
from accel.kernels.blocks import Blocks, choose_blocks, choose_small_tile
from accel.kernels.epilogues import Epilogue
from accel.kernels.tiles import multiply_each, multiply_rows
from accel.threads import num_threads, parallel_for

__all__ = ["give_room", "matmul", "multiply_large", "take_room"]

_SMALL = 64**3  # multiplications of a product that is done without packing `a`
_SMALL_DEPTH = 256
_SHARED = 1 << 22  # multiplications that are worth several threads
_FEW_BYTES = 1 << 20  # of `a`, whose rows need not be packed
_ALIAS = 4096  # bytes between rows which fall on the same lines of the cache
_rooms: dict[tuple[Any, int], list[tuple[Any, Any]]] = {}  # memory to work in that nobody uses: taken and given back by single, atomic operations


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
    epilogue = Epilogue("matmul", shape, dtype, bias=bias, activation=activation, residual=residual)
    if out is None and len(shape) == 2:  # what is called most
        made = numpy.empty(shape, dtype)
        _multiply(left, right, made, (), dtype)
        epilogue.apply(made)
        return made
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
    turned = array.swapaxes(-1, -2)
    is_turned = not array.flags.c_contiguous and turned.flags.c_contiguous
    return flatten(turned if is_turned else array, dtype), *((1, rows) if is_turned else (columns, 1))


def _multiply(a: Any, b: Any, out: Any, stack: tuple[int, ...], dtype: Any) -> None:
    """The products of all matrices of a stack."""
    (m, k), n = a.shape[-2:], b.shape[-1]
    if not out.size:
        return
    if not k:
        out.fill(0)
        return
    if m * n * k <= _SMALL and k <= _SMALL_DEPTH:
        _multiply_small(a, b, out, dtype)
        return
    (flat_a, *steps_a), (flat_b, *steps_b) = _flat(a, dtype), _flat(b, dtype)
    steps, blocks = (*steps_a, *steps_b), choose_blocks(dtype)
    flat_out = out.reshape(-1)
    if not stack:
        multiply_large((flat_a, flat_b, flat_out), (m, n, k), steps, blocks)
        return
    places_a, places_b = (numpy.broadcast_to(numpy.arange(math.prod(x.shape[:-2])).reshape(x.shape[:-2]), stack).ravel().tolist() for x in (a, b))
    for number, (at_a, at_b) in enumerate(zip(places_a, places_b, strict=True)):
        parts = flat_a[at_a * m * k : (at_a + 1) * m * k], flat_b[at_b * k * n : (at_b + 1) * k * n], flat_out[number * m * n : (number + 1) * m * n]
        multiply_large(parts, (m, n, k), steps, blocks)


def multiply_large(
    arrays: tuple[Any, Any, Any], sizes: tuple[int, int, int], steps: tuple[int, ...], blocks: Blocks, *, join: str = "product", is_root: bool = False
) -> None:
    """One product, in blocks of rows; `join` and `is_root` are those of a tile."""
    (a, b, c), (m, n, k), tall = arrays, sizes, blocks.tile.tall
    threads = num_threads() if m * n * k >= _SHARED else 1
    share = -(-m // threads)  # rows for each thread
    share += -share % tall
    blocks_each = -(-share * 4 // (blocks.high * 5))  # rows a fifth more than planned are better than another block
    high = -(-share // blocks_each)
    high += -high % tall
    is_packed = steps[1] != 1 or a.nbytes > _FEW_BYTES or steps[0] * a.itemsize % _ALIAS == 0
    how: dict[str, Any] = dict(zip(("a_row", "a_column", "b_row", "b_column"), steps, strict=True)) | {"join": join, "is_root": is_root}

    def do(number: int) -> None:
        begin = number * share
        room, held = take_room(a.dtype, blocks.room())
        multiply_rows(a, b, c, room, held, begin=begin, m=min(share, m - begin), n=n, k=k, high=high, is_packed=is_packed, **how, **blocks.options())
        give_room(room, held)

    count = -(-m // share)
    if threads == 1 or count == 1:
        for number in range(count):
            do(number)
    else:
        parallel_for(do, count, schedule="dynamic")


def _multiply_small(a: Any, b: Any, out: Any, dtype: Any) -> None:
    """Small products, all in one go; they are made as large as a tile first."""
    (m, k), n, count = a.shape[-2:], b.shape[-1], out.size // (a.shape[-2] * b.shape[-1])
    tile = choose_small_tile(dtype, m, n)
    high, wide = max(m, tile.tall), max(n, tile.wide)
    stack = out.shape[:-2]
    a, b = (x if x.shape[-2:] == to else _padded(x, to, dtype) for x, to in ((a, (high, k)), (b, (k, wide))))
    if not a.flags.c_contiguous:
        a = numpy.array(a, dtype, order="C")
    (flat_a, *_), (flat_b, row, column) = _flat(a, dtype), _flat(b, dtype)
    places = numpy.empty((count, 2), numpy.int64)
    for side, x in enumerate((a, b)):
        held = math.prod(x.shape[:-2])
        numbers = numpy.arange(0, held * x.shape[-2] * x.shape[-1], x.shape[-2] * x.shape[-1])
        places[:, side] = numbers if held == count else numpy.broadcast_to(numbers.reshape(x.shape[:-2]), stack).ravel()
    made = out if (high, wide) == (m, n) else numpy.empty((count, high, wide), dtype)
    flat, flat_places = made.reshape(-1), places.reshape(-1)

    def do(first: int, end: int) -> None:
        room, held = take_room(flat.dtype, _SMALL_DEPTH * tile.wide)
        sizes = {"m": high, "n": wide, "k": k, "row": row, "column": column}
        multiply_each(flat_a, flat_b, flat, flat_places, room, held=held, first=first, end=end, **sizes, **tile.options())
        give_room(room, held)

    threads = num_threads() if count * m * n * k >= _SHARED else 1
    if threads == 1 or count < threads:
        do(0, count)
    else:
        size = -(-count // (2 * threads))
        parallel_for(lambda part: do(part * size, min(count, (part + 1) * size)), -(-count // size), schedule="dynamic")
    if made is not out:
        numpy.copyto(out, made[:, :m, :n].reshape(out.shape))


def _padded(array: Any, to: tuple[int, int], dtype: Any) -> Any:
    """Matrices with zeros on the right and at the bottom."""
    made = numpy.zeros((*array.shape[:-2], *to), dtype)
    made[..., : array.shape[-2], : array.shape[-1]] = array
    return made


def take_room(dtype: Any, size: int) -> tuple[Any, Any]:
    """Memory to work in, and a view of it that can't be written."""
    rooms = _rooms.setdefault((dtype, size), [])
    try:
        return rooms.pop()
    except IndexError:
        room = numpy.empty(size, dtype)
        held = room[:]
        held.flags.writeable = False
        return room, held


def give_room(room: Any, held: Any) -> None:
    """Keep such memory for the next one who takes it."""
    _rooms[room.dtype, room.size].append((room, held))
