"""This module is the machine code of matrix products: operands packed into panels, and tiles of the result that are held in registers.

An element of the result is one chain of fused operations over k, from 0 on, whatever tile it lies in: its bits depend on nothing else.
"""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime, comptime
from accel.decorators import fn

__all__ = ["multiply_each", "multiply_rows", "multiply_tile", "pack_panels"]

_BESIDE = 8  # panels that are packed at a time: as many ways as a cache has, as all may begin on the same line of it


@fn(nogil=True)
def pack_panels(b: Any, room: Any, n: int, k: int, *, at: int, row: int, column: int, to: int, lanes: Comptime[Any], cols: Comptime[int]) -> None:
    """`k` rows of `n` columns as panels as wide as a tile, one behind the other from `to` on, with zeros behind the last column. The element (p, j) is
    `b[at + p * row + j * column]`."""
    whole = n - n % comptime(cols * lanes.width) if column == 1 else 0
    for left in range(0, whole, comptime(_BESIDE * cols * lanes.width)):
        for p in range(k):  # several lines of memory, one behind the other
            for j in range(left, min(left + comptime(_BESIDE * cols * lanes.width), whole), comptime(cols * lanes.width)):
                for c in comptime(range(0, cols * lanes.width, lanes.width)):
                    lanes.load(b, at + p * row + j + c).store(room, to + j * k + p * comptime(cols * lanes.width) + c)
    for j in range(whole, n, comptime(cols * lanes.width)):
        source, target = at + j * column, to + j * k
        for c in comptime(range(0, cols * lanes.width, lanes.width)):
            inside = lanes.iota() < n - j - c
            for p in range(k):
                lanes.load(b, source + p * row + c * column, inside, stride=column).store(room, target + p * comptime(cols * lanes.width) + c)


@fn(nogil=True)
def pack_rows(a: Any, room: Any, m: int, k: int, *, at: int, row: int, column: int, to: int, lanes: Comptime[Any], tall: Comptime[int]) -> None:
    """`m` rows of `k` elements, one behind the other from `to` on, the last one again up to a multiple of the height of a tile. The element (i, p) is
    `a[at + i * row + p * column]`."""
    whole = k - k % lanes.width
    rest = lanes.iota() < k - whole
    for i in range(m + -m % tall):
        source, target = at + min(i, m - 1) * row, to + i * k
        if column == 1:
            for p in range(0, whole, lanes.width):
                lanes.load(a, source + p).store(room, target + p)
        else:
            for p in range(0, whole, lanes.width):
                lanes.load(a, source + p * column, stride=column).store(room, target + p)
        if whole < k:
            lanes.load(a, source + whole * column, rest, stride=column).store(room, target + whole, rest)


@fn(nogil=True)
def multiply_tile(
    a: Any, b: Any, c: Any, k: int, is_first: bool,
    *, a0: int, row: int, b0: int, c0: int, wide: int, join: Comptime[str], is_root: bool, lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int],
) -> None:  # fmt: skip
    """Add the products of `k` columns of rows of `a` and `k` rows of a panel to a tile of `c`; the first time, to zeros. instead of a "product", `join` may add the "square" or
    the "size" of a difference, and of squares the root be taken in the end."""
    if is_first:
        sums = tuple(lanes(0.0) for _ in comptime(range(tall * cols)))
    else:
        sums = tuple(lanes.load(c, c0 + comptime(t // cols) * wide + comptime(t % cols * lanes.width)) for t in comptime(range(tall * cols)))
    for p in range(k):
        line = tuple(lanes.load(b, b0 + p * comptime(cols * lanes.width) + comptime(j * lanes.width)) for j in comptime(range(cols)))
        if comptime(join == "product"):
            sums = tuple(lanes(a[a0 + comptime(t // cols) * row + p]).fma(line[comptime(t % cols)], sums[t]) for t in comptime(range(tall * cols)))
        elif comptime(join == "square"):
            apart = tuple(lanes(a[a0 + comptime(t // cols) * row + p]) - line[comptime(t % cols)] for t in comptime(range(tall * cols)))
            sums = tuple(apart[t].fma(apart[t], sums[t]) for t in comptime(range(tall * cols)))
        else:
            sums = tuple(sums[t] + abs(lanes(a[a0 + comptime(t // cols) * row + p]) - line[comptime(t % cols)]) for t in comptime(range(tall * cols)))
    if comptime(join == "square"):
        if is_root:
            sums = tuple(sums[t].sqrt() for t in comptime(range(tall * cols)))
    for t in comptime(range(tall * cols)):
        sums[t].store(c, c0 + comptime(t // cols) * wide + comptime(t % cols * lanes.width))


@fn(nogil=True)
def multiply_rows(
    a: Any, b: Any, c: Any, room: Any, held: Any,
    *, begin: int, m: int, n: int, k: int, high: int, a_row: int, a_column: int, b_row: int, b_column: int, is_packed: bool,
    join: Comptime[str], is_root: bool, lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int], depth: Comptime[int], strip: Comptime[int],
) -> None:  # fmt: skip
    """`m` rows of the product, from row `begin` on, in `c`, which has `n` columns. `held` is `room`, read only: panels of `depth` times `strip`, one tile, and
    `high` packed rows of `a`; where they are not all packed, the last ones, which fill no tile."""
    spare = comptime(depth * (strip + cols * lanes.width))
    packed = spare + comptime(tall * cols * lanes.width)
    for k0 in range(0, k, depth):
        deep = min(depth, k - k0)
        for j0 in range(0, n, strip):
            pack_panels(b, room, min(strip, n - j0), deep, at=k0 * b_row + j0 * b_column, row=b_row, column=b_column, to=0, lanes=lanes, cols=cols)
            for top in range(0, m, high):
                here = min(high, m - top)
                unpacked = 0 if is_packed else here - here % tall
                if unpacked < here:
                    at = (begin + top + unpacked) * a_row + k0 * a_column
                    pack_rows(a, room, here - unpacked, deep, at=at, row=a_row, column=a_column, to=packed, lanes=lanes, tall=tall)
                for j in range(j0, min(j0 + strip, n), comptime(cols * lanes.width)):
                    for i in range(0, here, tall):
                        start = (begin + top + i) * n + j
                        is_whole = i + tall <= here and j + comptime(cols * lanes.width) <= n
                        if not is_whole and k0 > 0:
                            for r in range(min(tall, here - i)):
                                for s in comptime(range(0, cols * lanes.width, lanes.width)):
                                    lanes.load(c, start + r * n + s, lanes.iota() < n - j - s).store(room, spare + r * comptime(cols * lanes.width) + s)
                        multiply_tile(
                            a if i < unpacked else held, held, c if is_whole else room, deep, k0 == 0,
                            a0=(begin + top + i) * a_row + k0 if i < unpacked else packed + (i - unpacked) * deep, row=a_row if i < unpacked else deep,
                            b0=(j - j0) * deep, c0=start if is_whole else spare, wide=n if is_whole else comptime(cols * lanes.width),
                            join=join, is_root=is_root and k0 + deep == k, lanes=lanes, tall=tall, cols=cols,
                        )  # fmt: skip
                        if not is_whole:
                            for r in range(min(tall, here - i)):
                                for s in comptime(range(0, cols * lanes.width, lanes.width)):
                                    lanes.load(room, spare + r * comptime(cols * lanes.width) + s).store(c, start + r * n + s, lanes.iota() < n - j - s)


@fn(nogil=True)
def multiply_each(
    a: Any, b: Any, c: Any, places: Any, room: Any,
    *, held: Any, first: int, end: int, m: int, n: int, k: int, row: int, column: int, lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int],
) -> None:  # fmt: skip
    """Small products, one after the other: number i takes `a` and `b` from the two `places` at 2 * i on. Each has at least the height and the width of a
    tile; where these do not divide it, tiles overlap. `held` is `room`, read only, for a panel; a `b` as wide as a tile is one itself."""
    is_panel = column == 1 and row == comptime(cols * lanes.width)
    for number in range(first, end):
        a0, b0 = int(places[2 * number]), int(places[2 * number + 1])
        for left in range(0, n, comptime(cols * lanes.width)):
            j = min(left, n - comptime(cols * lanes.width))
            if not is_panel:
                pack_panels(b, room, comptime(cols * lanes.width), k, at=b0 + j * column, row=row, column=column, to=0, lanes=lanes, cols=cols)
            for top in range(0, m, tall):
                i = min(top, m - tall)
                multiply_tile(
                    a, b if is_panel else held, c, k, True, a0=a0 + i * k, row=k, b0=b0 if is_panel else 0, c0=(number * m + i) * n + j, wide=n,
                    join="product", is_root=False, lanes=lanes, tall=tall, cols=cols,
                )  # fmt: skip
