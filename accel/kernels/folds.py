"""This module is the machine code of reductions: rows of numbers that lie one behind the other, and columns of rows.

What is folded is one sequence for each result. Floats are added in blocks of `BLOCK` numbers: number i of a block goes to chain i % `CHAINS`, the chains are
added by halves, and the sums of blocks one after the other, with what each addition loses. So the bits depend on the sequence alone, be it a row or a column.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.types import SIMD

__all__ = ["BLOCK", "CHAINS", "SUMS", "add_exactly", "add_parts", "find_rows", "find_single", "fold_columns", "fold_pieces", "fold_rows"]

BLOCK = 512
CHAINS = 32
TURNS = 4  # of chains that are folded in one go, in columns
SUMS = ("sum", "squares")  # of floats, in blocks; "wrap" is the sum of integers, "min" and "max" are of either


def find_nothing(lanes: Any, op: str) -> Any:
    """What changes no other number when they are folded. The sum of -0.0 and -0.0 is the only one that is -0.0."""
    if op not in ("min", "max"):
        return -0.0 if op in SUMS else 0
    if numpy.dtype(lanes.dtype).kind == "f":
        return math.inf if op == "min" else -math.inf
    return int(numpy.iinfo(lanes.dtype).max if op == "min" else numpy.iinfo(lanes.dtype).min)


def find_single(lanes: Any) -> Any:
    """One lane of the same dtype."""
    return SIMD.__class_getitem__((lanes.dtype, 1))


@fn(nogil=True)
def fold_two(first: Any, second: Any, *, op: Comptime[str]) -> Any:
    """Lanes of two folded into one; NaN where one of them is."""
    if comptime(op == "min"):
        return ((second < first) | (second != second)).select(second, first)
    if comptime(op == "max"):
        return ((second > first) | (second != second)).select(second, first)
    return first + second


@fn(nogil=True)
def fold_span(a: Any, at: int, count: int, center: float, *, lanes: Comptime[Any], op: Comptime[str]) -> Any:
    """A span of a row folded into one number, in as many chains as there are lanes."""
    chains = lanes(comptime(find_nothing(lanes, op)))
    whole = count - count % comptime(lanes.width)
    if comptime(op == "squares"):
        for i in range(0, whole, lanes.width):
            distance = lanes.load(a, at + i) - lanes(center)
            chains = distance.fma(distance, chains)
    else:
        for i in range(0, whole, lanes.width):
            chains = fold_two(chains, lanes.load(a, at + i), op=op)
    if comptime(op in SUMS):
        if whole < count:
            inside = lanes.iota() < count - whole
            rest = lanes.load(a, at + whole, inside)
            if comptime(op == "squares"):
                distance = inside.select(rest - lanes(center), lanes(0.0))
                chains = distance.fma(distance, chains)
            else:
                chains = chains + inside.select(rest, lanes(-0.0))
        return chains.reduce_add()
    last = comptime(find_single(lanes))(fold_lanes(chains, op=op))
    for i in range(whole, count):
        last = fold_two(last, comptime(find_single(lanes)).load(a, at + i), op=op)
    return last[0]


@fn(nogil=True)
def fold_lanes(chains: Any, *, op: Comptime[str]) -> Any:
    """Lanes folded into one number."""
    if comptime(op in ("min", "max")):
        least = chains.reduce_min() if comptime(op == "min") else chains.reduce_max()
        return least if chains == chains else (chains - chains).reduce_add()
    return chains.reduce_add()


@fn(nogil=True)
def add_exactly(total: float, lost: float, summand: float) -> tuple[float, float]:
    """The sum of two numbers, and all that has been lost so far."""
    both = total + summand
    back = both - total
    return both, lost + ((total - (both - back)) + (summand - back))


@fn(nogil=True)
def fold_row(a: Any, at: int, n: int, center: float, *, lanes: Comptime[Any], op: Comptime[str]) -> Any:
    """`n` numbers from `at` on, folded into one."""
    if comptime(op not in SUMS):
        return fold_span(a, at, n, center, lanes=lanes, op=op)
    total, lost = -0.0, 0.0
    for i in range(0, n, BLOCK):
        total, lost = add_exactly(total, lost, float(fold_span(a, at + i, min(BLOCK, n - i), center, lanes=lanes, op=op)))
    return total + lost if abs(lost) > 0.0 else total


@fn(nogil=True)
def fold_rows(
    a: Any, centers: Any, out: Any, *, first: int, end: int, n: int, divisor: float, lanes: Comptime[Any], op: Comptime[str]
) -> None:
    """Rows of `n` numbers, each folded into one number of `out`."""
    for row in range(first, end):
        if comptime(op in SUMS):
            center = float(centers[row]) if comptime(op == "squares") else 0.0
            out[row] = fold_row(a, row * n, n, center, lanes=lanes, op=op) / divisor
        else:
            out[row] = fold_row(a, row * n, n, 0.0, lanes=lanes, op=op)


@fn(nogil=True)
def fold_pieces(a: Any, parts: Any, *, first: int, end: int, n: int, size: int, center: float, lanes: Comptime[Any], op: Comptime[str]) -> None:
    """Pieces of one row of `n` numbers, each folded into one of `parts`."""
    for piece in range(first, end):
        parts[piece] = fold_span(a, piece * size, min(size, n - piece * size), center, lanes=lanes, op=op)


@fn(nogil=True)
def add_parts(parts: Any, n: int) -> float:
    """The sum of the sums of `n` blocks, as `fold_row` adds them."""
    total, lost = -0.0, 0.0
    for i in range(n):
        total, lost = add_exactly(total, lost, float(parts[i]))
    return total + lost if abs(lost) > 0.0 else total


@fn(nogil=True)
def find_row(a: Any, at: int, n: int, *, lanes: Comptime[Any], op: Comptime[str]) -> int:
    """Where the first of the least, or greatest, of `n` numbers is; the first NaN, if there is one. It is looked for in the block that has it."""
    best, begin = a[at], 0
    for i in range(0, n, BLOCK):
        found = fold_span(a, at + i, min(BLOCK, n - i), 0.0, lanes=lanes, op=op)
        if found != found:
            best, begin = found, i
            break
        if found < best if comptime(op == "min") else found > best:
            best, begin = found, i
    for i in range(begin, n):
        if a[at + i] == best or a[at + i] != a[at + i]:
            return i
    return n


@fn(nogil=True)
def find_rows(a: Any, out: Any, *, first: int, end: int, n: int, lanes: Comptime[Any], op: Comptime[str]) -> None:
    """The same for rows of `n` numbers."""
    for row in range(first, end):
        out[row] = find_row(a, row * n, n, lanes=lanes, op=op)


@fn(nogil=True)
def fold_line(
    a: Any, middle: Any, room: Any, *, at: int, mid: int, to: int, width: int, apart: int, lanes: Comptime[Any], op: Comptime[str], count: Comptime[int]
) -> None:  # fmt: skip
    """Fold `count` lines into the one of `room` that begins at `to`; a width that the lanes do not divide is cut."""
    for j in range(0, width - width % comptime(lanes.width), lanes.width):
        made = lanes.load(room, to + j)
        for k in comptime(range(count)):
            if comptime(op == "squares"):
                distance = lanes.load(a, at + k * apart + j) - lanes.load(middle, mid + j)
                made = distance.fma(distance, made)
            else:
                made = fold_two(made, lanes.load(a, at + k * apart + j), op=op)
        made.store(room, to + j)


@fn(nogil=True)
def fold_lines(
    a: Any, middle: Any, room: Any,
    *, at: int, mid: int, lines: int, width: int, pitch: int, apart: int, lanes: Comptime[Any], op: Comptime[str], count: Comptime[int],
) -> None:  # fmt: skip
    """Fold `count` times as many lines into the first ones of `room`. Line i of turn k begins at `at + i * pitch + k * apart`."""
    whole = width - width % comptime(lanes.width)
    for line in range(lines):
        start, target = at + line * pitch, line * width
        fold_line(a, middle, room, at=start, mid=mid, to=target, width=width, apart=apart, lanes=lanes, op=op, count=count)
        if whole < width:
            fold_line(
                a, middle, room, at=start + whole, mid=mid + whole, to=target + whole, width=width - whole, apart=apart, lanes=comptime(find_single(lanes)), op=op, count=count
            )  # fmt: skip


@fn(nogil=True)
def fold_block(
    a: Any, middle: Any, room: Any, *, at: int, mid: int, rows: int, inner: int, width: int, lanes: Comptime[Any], op: Comptime[str]
) -> None:
    """`rows` rows of `width` columns, folded into the first of `room`. Where they are whole, `CHAINS` of them are one line."""
    held = min(rows, CHAINS)
    for j in range(held * width):
        room[j] = comptime(find_nothing(lanes, op))
    done = 0
    while done < rows:
        here, start = min(CHAINS, rows - done), at + done * inner
        lines, wide = (1, here * inner) if width == inner else (here, width)
        if rows - done >= comptime(TURNS * CHAINS):
            fold_lines(
                a, middle, room, at=start, mid=mid, lines=lines, width=wide, pitch=inner, apart=comptime(CHAINS) * inner, lanes=lanes, op=op, count=TURNS
            )  # fmt: skip
            done += comptime(TURNS * CHAINS)
        else:
            fold_lines(a, middle, room, at=start, mid=mid, lines=lines, width=wide, pitch=inner, apart=0, lanes=lanes, op=op, count=1)
            done += CHAINS
    for half in comptime((16, 8, 4, 2, 1)):
        if held > half:
            wide = (held - half) * width
            fold_lines(
                room, room, room, at=half * width, mid=0, lines=1, width=wide, pitch=0, apart=0, lanes=lanes, op=comptime("sum" if op == "squares" else op), count=1
            )  # fmt: skip
            held = half


@fn(nogil=True)
def fold_columns(
    a: Any, middle: Any, out: Any, room: Any, totals: Any,
    *, at: int, mid: int, to: int, n: int, inner: int, width: int, divisor: float, lanes: Comptime[Any], op: Comptime[str],
) -> None:  # fmt: skip
    """`width` columns of `n` rows, which have `inner` columns, each folded into one number of `out`. `totals` are twice as many numbers."""
    if comptime(op in SUMS):
        for j in range(width):
            totals[j], totals[width + j] = -0.0, 0.0
        for begin in range(0, n, BLOCK):
            fold_block(a, middle, room, at=at + begin * inner, mid=mid, rows=min(BLOCK, n - begin), inner=inner, width=width, lanes=lanes, op=op)
            for j in range(width):
                totals[j], totals[width + j] = add_exactly(float(totals[j]), float(totals[width + j]), float(room[j]))
        for j in range(width):
            total, lost = float(totals[j]), float(totals[width + j])
            out[to + j] = (total + lost if abs(lost) > 0.0 else total) / divisor
    else:
        fold_block(a, middle, room, at=at, mid=mid, rows=n, inner=inner, width=width, lanes=lanes, op=op)
        for j in range(width):
            out[to + j] = room[j]
