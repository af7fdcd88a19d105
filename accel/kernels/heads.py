"""This module is the machine code of attention: keys in blocks, whose scores become weights that are never stored as a whole.

For each row, its greatest score so far, the sum of its weights relative to that, and the sum of values times weights are kept; a block with a greater score scales the latter
two. Blocks have `keys` keys and sums of weights `lanes.width` partial sums on every machine, and sums over tiles are chains of fused operations: so bits depend on nothing else.
"""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.elementary import DOWN, exp_raised
from accel.kernels.tiles import multiply_panel, pack_panels, pack_rows

__all__ = ["attend_each"]


@fn(nogil=True)
def is_finite(held: Any, *, start: int, end: int, lanes: Comptime[Any]) -> bool:
    """Whether elements are finite; their number is a multiple of the lanes'."""
    found = lanes(0.0)
    for i in range(start, end, lanes.width):
        found = lanes.load(held, i).fma(0.0, found)
    return bool((found == found).all())


@fn(nogil=True)
def pack_keys(k: Any, room: Any, n: int, dim: int, *, at: int, lanes: Comptime[Any], four: Comptime[Any], cols: Comptime[int]) -> None:
    """`n` rows of `k`, from element `at` on, as columns of panels; turned four by four, where that goes."""
    whole = n - n % comptime(cols * lanes.width) if dim % 4 == 0 else 0
    for j in range(0, whole, 4):
        source, target = at + j * dim, (j - j % comptime(cols * lanes.width)) * dim + j % comptime(cols * lanes.width)
        for p in range(0, dim, 4):
            a, b = four.load(k, source + p), four.load(k, source + dim + p)
            c, d = four.load(k, source + 2 * dim + p), four.load(k, source + 3 * dim + p)
            ac, bd = a.join(c), b.join(d)
            low = ac.shuffle(0, 4, 1, 5).join(bd.shuffle(0, 4, 1, 5))
            high = ac.shuffle(2, 6, 3, 7).join(bd.shuffle(2, 6, 3, 7))
            low.shuffle(0, 4, 1, 5).store(room, target + p * comptime(cols * lanes.width))
            low.shuffle(2, 6, 3, 7).store(room, target + (p + 1) * comptime(cols * lanes.width))
            high.shuffle(0, 4, 1, 5).store(room, target + (p + 2) * comptime(cols * lanes.width))
            high.shuffle(2, 6, 3, 7).store(room, target + (p + 3) * comptime(cols * lanes.width))
    if whole < n:
        pack_panels(k, room, n - whole, dim, full=dim, at=at + whole * dim, row=1, column=dim, to=whole * dim, lanes=lanes, cols=cols)


@fn(nogil=True)
def weigh_row(
    room: Any, held: Any, *, start: int, n: int, end: int, state: int, scale: float, lanes: Comptime[Any], one: Comptime[Any]
) -> Any:
    """Make weights of the `n` scores from `start` on, times a positive scale, and zeros up to `end`. Top and sum at `state` follow. It gives the factor for what was added up
    before."""
    whole = start + n - n % lanes.width
    inside = lanes.iota() < start + n - whole
    most = lanes(float("-inf"))
    for j in range(start, whole, lanes.width):
        most = most.max(lanes.load(held, j))
    if whole < start + n:
        most = most.max(inside.select(lanes.load(held, whole, inside), float("-inf")))
    before = one.load(held, state)
    top = (one(most.reduce_max()) * scale).max(before)
    below = (top == float("-inf")).select(0.0, -top)  # where all is minus infinity, nothing is subtracted
    total = lanes(0.0)
    for j in range(start, whole, lanes.width):
        weight = exp_raised(lanes.load(held, j).fma(scale, below[0]), lanes=lanes) * comptime(DOWN[lanes.dtype])
        weight.store(room, j)
        total += weight
    if whole < start + n:
        weight = inside.select(exp_raised(lanes.load(held, whole, inside).fma(scale, below[0]), lanes=lanes) * comptime(DOWN[lanes.dtype]), 0.0)
        weight.store(room, whole, inside)
        total += weight
    for j in range(start + n, end):
        one(0.0).store(room, j)
    factor = one(1.0)
    if top != before:
        factor = exp_raised(before + below, lanes=one) * comptime(DOWN[lanes.dtype])
    top.store(room, state)
    one.load(held, state + 1).fma(factor, one(total.reduce_add())).store(room, state + 1)
    return factor


@fn(nogil=True)
def attend_group(
    q: Any, room: Any, held: Any,
    *, q0: int, rows: int, here: int, seen: int, is_causal: bool, is_first: bool, is_clean: bool, dim: int, wide: int, scale: float,
    queries: int, values: int, scores: int, sums: int, states: int,
    lanes: Comptime[Any], one: Comptime[Any], keys: Comptime[int], part: Comptime[Any], tall: Comptime[int], cols: Comptime[int],
) -> None:  # fmt: skip
    """Some rows and the packed block of `here` keys. The first row sees `seen` of these, or fewer than none; where it is causal, each row one more."""
    deepest = min(here, max(0, seen + rows - 1)) if is_causal else here
    for j in range(0, deepest, comptime(cols * part.width)):
        for i in range(0, rows, tall):
            if not is_causal or j < seen + i + tall:
                multiply_panel(
                    q if i + tall <= rows else held, held, room, dim, True,
                    m=tall, a0=q0 + i * dim if i + tall <= rows else queries, b0=j * dim, c0=scores + i * keys + j, wide=keys,
                    join="product", is_root=False, lanes=part, tall=tall, cols=cols, apart=0,
                )  # fmt: skip
    for i in range(rows):
        n = min(here, max(0, seen + i)) if is_causal else here
        end = min(here, max(0, seen + i - i % tall + tall - 1)) if is_causal else here
        start = scores + i * keys
        factor = weigh_row(room, held, start=start, n=n, end=start + end, state=states + 2 * i, scale=scale, lanes=lanes, one=one)
        if not is_first and factor != 1.0:
            for c in range(sums + i * wide, sums + i * wide + wide, part.width):
                (part.load(held, c) * factor[0]).store(room, c)
    for c in range(0, wide, comptime(cols * part.width)):
        for i in range(0, rows, tall):
            end = min(here, max(0, seen + i + tall - 1)) if is_causal else here
            a0, b0, c0 = scores + i * keys, values + c * here, sums + i * wide + c
            if is_clean or end == min(here, max(0, seen + i)):
                multiply_panel(
                    held, held, room, end, is_first, m=tall, a0=a0, b0=b0, c0=c0, wide=wide,
                    join="product", is_root=False, lanes=part, tall=tall, cols=cols, apart=keys,
                )  # fmt: skip
            else:
                for r in range(tall):
                    n = min(here, max(0, seen + i + r))
                    multiply_panel(
                        held, held, room, n, is_first, m=1, a0=a0 + r * keys, b0=b0, c0=c0 + r * wide, wide=wide,
                        join="product", is_root=False, lanes=part, tall=1, cols=cols, apart=keys,
                    )  # fmt: skip


@fn(nogil=True)
def attend_each(
    q: Any, k: Any, v: Any, out: Any, places: Any,
    *, room: Any, held: Any, first: int, end: int, s: int, dim: int, dim_v: int, most: int, is_causal: bool, scale: float,
    lanes: Comptime[Any], one: Comptime[Any], keys: Comptime[int], group: Comptime[int], part: Comptime[Any], four: Comptime[Any], tall: Comptime[int], cols: Comptime[int],
) -> None:  # fmt: skip
    """Pieces of heads, one after the other: number i takes from `places` at 6 * i on where its rows of `q`, the keys, the values and its rows of `out` are, the number of the
    first row, and how many there are: `most` of them at most. `held` is `room`, read only: packed keys, values and last queries, scores of a group of rows, sums and states of
    all rows."""
    wide = dim_v + -dim_v % comptime(cols * part.width)
    values = keys * dim
    queries = values + keys * wide
    scores = queries + tall * dim
    sums = scores + (group + tall) * keys
    states = sums + (most + tall) * wide
    for number in range(first, end):
        q0, k0, v0, out0 = int(places[6 * number]), int(places[6 * number + 1]), int(places[6 * number + 2]), int(places[6 * number + 3])
        row, m = int(places[6 * number + 4]), int(places[6 * number + 5])
        if m % tall > 0:  # rows that fill no tile
            pack_rows(q, room, m % tall, dim, full=dim, at=q0 + (m - m % tall) * dim, row=dim, column=1, to=queries, lanes=part, tall=tall, apart=0)
        for i in range(m):
            one(float("-inf")).store(room, states + 2 * i)
            one(0.0).store(room, states + 2 * i + 1)
        for key in range(0, min(s, row + m) if is_causal else s, keys):
            here = min(keys, s - key)
            pack_keys(k, room, here, dim, at=k0 + key * dim, lanes=part, four=four, cols=cols)
            pack_panels(v, room, dim_v, here, full=here, at=v0 + key * dim_v, row=dim_v, column=1, to=values, lanes=part, cols=cols)
            is_clean = not is_causal or is_finite(held, start=values, end=values + here * wide, lanes=part)
            for i in range(0, m, group):
                seen = row + i + 1 - key
                if not is_causal or seen + min(group, m - i) > 1:
                    attend_group(
                        q, room, held, q0=q0 + i * dim, rows=min(group, m - i), here=here, seen=seen, is_causal=is_causal, is_first=key == 0, is_clean=is_clean,
                        dim=dim, wide=wide, scale=scale, queries=queries, values=values, scores=scores, sums=sums + i * wide, states=states + 2 * i,
                        lanes=lanes, one=one, keys=keys, part=part, tall=tall, cols=cols,
                    )  # fmt: skip
        whole = dim_v - dim_v % part.width
        inside = part.iota() < dim_v - whole
        for i in range(m):
            share = (1.0 / one.load(held, states + 2 * i + 1))[0]
            for c in range(0, whole, part.width):
                (part.load(held, sums + i * wide + c) * share + 0.0).store(out, out0 + i * dim_v + c)
            if whole < dim_v:
                (part.load(held, sums + i * wide + whole) * share + 0.0).store(out, out0 + i * dim_v + whole, inside)
