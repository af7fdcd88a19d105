"""This module is the machine code of matrix products: operands packed into panels, and tiles of the result that are held in registers.

An element of the result is one chain of fused operations over k, from 0 on, whatever tile it lies in: its bits depend on nothing else.
"""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime, comptime
from accel.decorators import fn

__all__ = ["TURNS", "multiply_block", "multiply_each", "multiply_panel", "multiply_row", "multiply_rows", "pack_panels", "pack_rows", "pack_share"]

TURNS = 32  # of a loop are done at a time; a rest is done one by one
_LONG_REST = 12  # turns that are worth being filled up to as many
_AHEAD = 2  # rows that are asked for before they are packed
_ROWS = 4  # that are read at a time where panels are packed: the processor fetches a few streams ahead, not as many as there are rows


@fn(nogil=True)
def fill_up(k: int) -> int:
    """The depth of packed operands for `k` steps. Where it is more, -0.0 times 0.0 is added, which changes no sum."""
    rest = k % TURNS
    return k if rest < _LONG_REST else k + TURNS - rest


@fn(nogil=True)
def pack_panels(b: Any, room: Any, n: int, k: int, *, full: int, at: int, row: int, column: int, to: int, lanes: Comptime[Any], cols: Comptime[int]) -> None:
    """`k` rows of `n` columns as panels as wide as a tile, one behind the other from `to` on, with zeros behind the last column, and up to `full` rows. The element
    (p, j) is `b[at + p * row + j * column]`."""
    swift = n - n % comptime(cols * lanes.width) if column == 1 else 0
    deep = k - k % _ROWS
    for p in range(0, deep, _ROWS):
        for j in range(0, swift, comptime(cols * lanes.width)):
            for r in comptime(range(_ROWS)):
                lanes.prefetch(b, at + (p + _ROWS + r) * row + j)
                for c in comptime(range(0, cols * lanes.width, lanes.width)):
                    lanes.load(b, at + (p + r) * row + j + c).store(room, to + j * full + (p + r) * comptime(cols * lanes.width) + c)
    for j in range(0, n, comptime(cols * lanes.width)):
        for c in comptime(range(0, cols * lanes.width, lanes.width)):
            inside = lanes.iota() < n - j - c
            first, source, target = deep if j < swift else 0, at + (j + c) * column, to + j * full + c
            if column == 1:
                for p in range(first, k):
                    lanes.load(b, source + p * row, inside).store(room, target + p * comptime(cols * lanes.width))
            else:
                for p in range(first, k):
                    lanes.load(b, source + p * row, inside, stride=column).store(room, target + p * comptime(cols * lanes.width))
            for p in range(k, full):
                lanes(0.0).store(room, target + p * comptime(cols * lanes.width))


@fn(nogil=True)
def pack_rows(
    a: Any, room: Any, m: int, k: int, *, full: int, at: int, row: int, column: int, to: int, lanes: Comptime[Any], tall: Comptime[int], apart: Comptime[int]
) -> None:  # fmt: skip
    """`m` rows of `k` elements from `to` on, filled with -0.0 up to `full`, the last one again up to a multiple of the height of a tile. They lie `apart`, or side by
    side if that is 0. The element (i, p) is `a[at + i * row + p * column]`."""
    pitch = full if comptime(apart == 0) else comptime(apart)
    whole = k - k % lanes.width
    rest = lanes.iota() < k - whole
    for i in range(m + -m % tall):
        source, target = at + min(i, m - 1) * row, to + i * pitch
        if column == 1:
            for p in range(0, whole, lanes.width):
                lanes.prefetch(a, source + _AHEAD * row + p)
                lanes.load(a, source + p).store(room, target + p)
        else:
            for p in range(0, whole, lanes.width):
                lanes.load(a, source + p * column, stride=column).store(room, target + p)
        if whole < k:
            rest.select(lanes.load(a, source + whole * column, rest, stride=column), lanes(-0.0)).store(room, target + whole)
        for p in range(k + -k % lanes.width, full, lanes.width):
            lanes(-0.0).store(room, target + p)


@fn(nogil=True)
def multiply_panel(
    a: Any, b: Any, c: Any, k: int, is_first: bool,
    *, m: int, a0: int, b0: int, c0: int, wide: int, join: Comptime[str], is_root: bool, lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int], apart: Comptime[int],
) -> None:  # fmt: skip
    """Add the products of `k` columns of `m` rows of `a`, whole tiles of them, and `k` rows of a panel to `c`; the first time, to zeros. Rows of `a` lie `apart`, or
    side by side if that is 0. Instead of a "product", `join` may add the "square" or the "size" of a difference, and of squares the root be taken in the end."""
    for i in range(0, m, tall):
        row = k if comptime(apart == 0) else comptime(apart)
        here, there = a0 + i * row, c0 + i * wide
        if is_first:
            sums = tuple(lanes(0.0) for _ in comptime(range(tall * cols)))
        else:
            sums = tuple(lanes.load(c, there + comptime(t // cols) * wide + comptime(t % cols * lanes.width)) for t in comptime(range(tall * cols)))
        for r in comptime(range(tall)):  # of the tile below
            lanes.prefetch(c, there + (tall + r) * wide)
            lanes.prefetch(c, there + (tall + r) * wide + comptime(cols * lanes.width - 1))
            lanes.prefetch(a, here + (tall + r) * row)
        for p in range(k):
            lanes.prefetch(a, here + tall * row + tall * p)
            line = tuple(lanes.load(b, b0 + p * comptime(cols * lanes.width) + comptime(j * lanes.width)) for j in comptime(range(cols)))
            if comptime(join == "product"):
                sums = tuple(lanes(a[here + comptime(t // cols) * row + p]).fma(line[comptime(t % cols)], sums[t]) for t in comptime(range(tall * cols)))
            elif comptime(join == "square"):
                gaps = tuple(lanes(a[here + comptime(t // cols) * row + p]) - line[comptime(t % cols)] for t in comptime(range(tall * cols)))
                sums = tuple(gaps[t].fma(gaps[t], sums[t]) for t in comptime(range(tall * cols)))
            else:
                sums = tuple(sums[t] + abs(lanes(a[here + comptime(t // cols) * row + p]) - line[comptime(t % cols)]) for t in comptime(range(tall * cols)))
        if comptime(join == "square"):
            if is_root:
                sums = tuple(sums[t].sqrt() for t in comptime(range(tall * cols)))
        for t in comptime(range(tall * cols)):
            sums[t].store(c, there + comptime(t // cols) * wide + comptime(t % cols * lanes.width))


@fn(nogil=True)
def move_tile(
    a: Any, b: Any, m: int, n: int, *, a0: int, a_wide: int, b0: int, b_wide: int, lanes: Comptime[Any], cols: Comptime[int]
) -> None:  # fmt: skip
    """Copy the first `m` rows and `n` columns of tiles in `a` to `b`."""
    for r in range(m):
        for s in comptime(range(0, cols * lanes.width, lanes.width)):
            lanes.load(a, a0 + r * a_wide + s, lanes.iota() < n - s).store(b, b0 + r * b_wide + s, lanes.iota() < n - s)


@fn(nogil=True)
def multiply_block(
    a: Any, b: Any, c: Any, k: int, is_first: bool,
    *, room: Any, a0: int, b0: int, c0: int, wide: int, rows: int, columns: int, spare: int, join: Comptime[str], is_root: bool,
    lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int], apart: Comptime[int],
) -> None:  # fmt: skip
    """The same for `rows` that may end within a tile, and a panel of which only `columns` may be left: tiles that stick out are done in `room`, from `spare` on, where
    there is space for all of them. `a` is packed up to whole tiles."""
    done = 0
    if columns >= comptime(cols * lanes.width):
        done = rows - rows % tall
        multiply_panel(a, b, c, k, is_first, m=done, a0=a0, b0=b0, c0=c0, wide=wide, join=join, is_root=is_root, lanes=lanes, tall=tall, cols=cols, apart=apart)
    if done < rows:
        place, rest = c0 + done * wide, rows - done
        if not is_first:
            move_tile(c, room, rest, columns, a0=place, a_wide=wide, b0=spare, b_wide=comptime(cols * lanes.width), lanes=lanes, cols=cols)
        multiply_panel(
            a, b, room, k, is_first, m=rest, a0=a0 + done * (k if comptime(apart == 0) else comptime(apart)), b0=b0, c0=spare, wide=comptime(cols * lanes.width),
            join=join, is_root=is_root, lanes=lanes, tall=tall, cols=cols, apart=apart,
        )  # fmt: skip
        move_tile(room, c, rest, columns, a0=spare, a_wide=comptime(cols * lanes.width), b0=place, b_wide=wide, lanes=lanes, cols=cols)


@fn(nogil=True)
def pack_share(
    number: int, b: Any, room: Any,
    *, share: int, left: int, right: int, k: int, b_row: int, b_column: int, lanes: Comptime[Any], cols: Comptime[int], depth: Comptime[int],
) -> None:  # fmt: skip
    """The panels of one share of the columns from `left` to `right`, all `k` rows of them, for `multiply_rows` that is told that they are there."""
    wide = right - left + -(right - left) % comptime(cols * lanes.width)
    j0 = number * share
    for k0 in range(0, k, depth):
        deep = min(depth, k - k0)
        full = fill_up(deep)
        at = k0 * b_row + (left + j0) * b_column
        pack_panels(b, room, min(share, right - left - j0), deep, full=full, at=at, row=b_row, column=b_column, to=k0 * wide + j0 * full, lanes=lanes, cols=cols)


@fn(nogil=True)
def multiply_rows(
    number: int, a: Any, b: Any, c: Any,
    *, room: Any, held: Any, part: int, m: int, n: int, left: int, right: int, k: int, high: int, strip: int, panels: int, space: int, is_packed: bool,
    a_row: int, a_column: int, b_row: int, b_column: int, join: Comptime[str], is_root: bool,
    lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int], depth: Comptime[int],
) -> None:  # fmt: skip
    """The columns from `left` to `right` of one part of the `m` rows of the product, in `c`, which has `n` columns. `held` is `room`, read only: `panels` elements for
    those of `b`, which are there already or are packed a `strip` at a time, and behind them for each part the `space` for `high` rows of tiles and `high` packed rows of `a`."""
    begin = number * part
    own = min(part, m - begin)
    spare = panels + number * space
    packed = spare + high * comptime(cols * lanes.width)
    wide = right - left + -(right - left) % comptime(cols * lanes.width)
    for k0 in range(0, k, depth):
        deep = min(depth, k - k0)
        full = fill_up(deep)
        for j0 in range(left, right, strip):
            end = min(j0 + strip, right)
            if not is_packed:
                pack_panels(b, room, end - j0, deep, full=full, at=k0 * b_row + j0 * b_column, row=b_row, column=b_column, to=0, lanes=lanes, cols=cols)
            first = k0 * wide + (j0 - left) * full if is_packed else 0
            for top in range(0, own, high):
                here = min(high, own - top)
                at = (begin + top) * a_row + k0 * a_column
                pack_rows(a, room, here, deep, full=full, at=at, row=a_row, column=a_column, to=packed, lanes=lanes, tall=tall, apart=depth)
                for j in range(j0, end, comptime(cols * lanes.width)):
                    multiply_block(
                        held, held, c, full, k0 == 0, room=room, a0=packed, b0=first + (j - j0) * full, c0=(begin + top) * n + j, wide=n, rows=here, columns=end - j,
                        spare=spare, join=join, is_root=is_root and k0 + deep == k, lanes=lanes, tall=tall, cols=cols, apart=depth,
                    )  # fmt: skip


@fn(nogil=True)
def multiply_row(a: Any, b: Any, c: Any, *, first: int, end: int, n: int, k: int, lanes: Comptime[Any]) -> None:
    """The columns from `first` to `end`, at least as many as there are lanes, of a row of `k` elements times rows of `n`. The last ones may be computed twice."""
    for begin in range(first, end, lanes.width):
        j = min(begin, end - lanes.width)
        total = lanes(0.0)
        for p in range(k):
            total = lanes(a[p]).fma(lanes.load(b, j + p * n), total)
        total.store(c, j)


@fn(nogil=True)
def multiply_each(
    a: Any, b: Any, c: Any, places: Any, room: Any,
    *, held: Any, first: int, end: int, m: int, n: int, k: int, lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int],
) -> None:  # fmt: skip
    """Small products, one after the other: number i takes `a` and `b` from the two `places` at 2 * i on. Each has at least the height and the width of a
    tile; where these do not divide it, tiles overlap. `held` is `room`, read only, for a panel; a `b` as wide as a tile is one itself."""
    is_panel = n == comptime(cols * lanes.width)
    for number in range(first, end):
        a0, b0 = int(places[2 * number]), int(places[2 * number + 1])
        for left in range(0, n, comptime(cols * lanes.width)):
            j = min(left, n - comptime(cols * lanes.width))
            if not is_panel:
                for p in range(k):
                    for s in comptime(range(0, cols * lanes.width, lanes.width)):
                        lanes.load(b, b0 + j + p * n + s).store(room, p * comptime(cols * lanes.width) + s)
            for top in range(0, m, m - m % tall):
                i, rows = (0, m - m % tall) if top == 0 else (m - tall, tall)
                multiply_panel(
                    a, b if is_panel else held, c, k, True,
                    m=rows, a0=a0 + i * k, b0=b0 if is_panel else 0, c0=(number * m + i) * n + j, wide=n,
                    join="product", is_root=False, lanes=lanes, tall=tall, cols=cols, apart=0,
                )  # fmt: skip
