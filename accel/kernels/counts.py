"""This module is the machine code of histograms. Numbers are counted in several tables in turns: what is added to waits for what was stored there last."""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.types import Int32

__all__ = ["LANES", "add_numbers", "count_between", "count_numbers", "count_uniform", "find_range"]

LANES = 8  # numbers whose bins are found at a time


@fn(nogil=True)
def count_uniform(
    a: Any, weights: Any, edges: Any, bounds: Any, tables: Any, *, begin: int, end: int, extent: float, lanes: Comptime[Any], is_weighted: Comptime[bool]
) -> None:  # fmt: skip
    """Count numbers in bins of one width, which NumPy's arithmetic finds, and two comparisons correct: `bounds` are the edges, the last one is infinite.
    There is a table for each lane, or one for weights."""
    bins = len(edges) - 1
    first, last, across, many = lanes(edges[0]), lanes(edges[bins]), lanes(extent), lanes(float(bins))
    whole = begin + (end - begin) // comptime(lanes.width) * comptime(lanes.width)
    for i in range(begin, end, lanes.width):
        known = lanes.iota() == lanes.iota() if i < whole else lanes.iota() < end - whole
        x = lanes.load(a, i) if i < whole else lanes.load(a, i, known)
        inside = (x >= first) & (x <= last) & known
        places = inside.select((x - first) / across * many, lanes(-1.0)).cast(Int32)
        for k in comptime(range(lanes.width)):
            place = min(int(places[k]), bins - 1)
            if place >= 0:
                if x[k] < edges[place]:
                    place -= 1
                elif x[k] >= bounds[place + 1]:
                    place += 1
                if comptime(is_weighted):
                    tables[place] += weights[i + k]
                else:
                    tables[k * bins + place] += 1


@fn(nogil=True)
def count_between(a: Any, weights: Any, edges: Any, table: Any, *, begin: int, end: int, is_weighted: Comptime[bool]) -> None:
    """Count numbers between edges that ascend; the last bin has both of its edges."""
    bins = len(edges) - 1
    first, last = edges[0], edges[bins]
    for i in range(begin, end):
        x = float(a[i])
        if first <= x <= last:
            place, left = 0, bins
            while left > 1:
                half = left // 2
                place = place + half if edges[place + half] <= x else place
                left -= half
            if comptime(is_weighted):
                table[place] += weights[i]
            else:
                table[place] += 1


@fn(nogil=True)
def find_range(x: Any, begin: int, end: int) -> tuple[int, int]:
    """The least and the greatest of integers."""
    least = greatest = int(x[begin])
    for i in range(begin + 1, end):
        least, greatest = min(least, int(x[i])), max(greatest, int(x[i]))
    return least, greatest


@fn(nogil=True)
def count_numbers(x: Any, tables: Any, *, begin: int, end: int, size: int, copies: Comptime[int]) -> int:
    """Count integers in as many tables in turns, up to one for which they are too small; where that is, or the end."""
    whole = end - (end - begin) % comptime(copies)
    for i in range(begin, whole, copies):
        for k in comptime(range(copies)):
            number = int(x[i + k])
            if number < 0 or number >= size:
                return i + k
            tables[k * size + number] += 1
    for i in range(whole, end):
        number = int(x[i])
        if number < 0 or number >= size:
            return i
        tables[number] += 1
    return end


@fn(nogil=True)
def add_numbers(x: Any, weights: Any, table: Any, *, begin: int, end: int) -> int:
    """Add weights to the elements that integers say, one after the other, up to one for which the table is too small; where that is, or the end."""
    for i in range(begin, end):
        number = int(x[i])
        if number < 0 or number >= len(table):
            return i
        table[number] += weights[i]
    return end
