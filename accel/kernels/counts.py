"""This module is the machine code of histograms."""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.types import SIMD, Float64, Int32, Int64

__all__ = ["LANES", "add_numbers", "count_between", "count_numbers", "count_uniform", "find_length", "find_range"]

LANES = 8  # numbers whose bins are found at a time
PLACES: Any = SIMD.__class_getitem__((Int64, LANES))
WIDE: Any = SIMD.__class_getitem__((Float64, LANES))


@fn(nogil=True)
def count_uniform(
    a: Any, weights: Any, edges: Any, bounds: Any, table: Any, *, begin: int, end: int, extent: float, lanes: Comptime[Any], is_weighted: Comptime[bool]
) -> None:  # fmt: skip
    """Count numbers in bins of one width, which NumPy's arithmetic finds, and two comparisons correct: `bounds` are the edges, the last one is infinite."""
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
                table[place] += weights[i + k] if comptime(is_weighted) else 1


@fn(nogil=True)
def count_between(a: Any, weights: Any, edges: Any, table: Any, *, begin: int, end: int, lanes: Comptime[Any], is_weighted: Comptime[bool]) -> None:
    """Count numbers between edges of float64 that ascend; the last bin has both of its edges. All lanes halve the same number of bins at a time."""
    bins = len(edges) - 1
    whole = begin + (end - begin) // comptime(lanes.width) * comptime(lanes.width)
    for i in range(begin, end, lanes.width):
        known = lanes.iota() == lanes.iota() if i < whole else lanes.iota() < end - whole
        x = (lanes.load(a, i) if i < whole else lanes.load(a, i, known)).cast(Float64)
        places = PLACES(0)
        left = bins
        while left > 1:
            half = left // 2
            places = (WIDE.gather(edges, places + half) <= x).select(places + half, places)
            left -= half
        inside = (x >= float(edges[0])) & (x <= float(edges[bins]))
        for k in comptime(range(lanes.width)):
            if inside[k] and i + k < end:
                table[int(places[k])] += weights[i + k] if comptime(is_weighted) else 1


@fn(nogil=True)
def find_range(x: Any, begin: int, end: int) -> tuple[int, int]:
    """The least and the greatest of integers."""
    least = greatest = int(x[begin])
    for i in range(begin + 1, end):
        least, greatest = min(least, int(x[i])), max(greatest, int(x[i]))
    return least, greatest


@fn(nogil=True)
def find_length(table: Any, least: int) -> int:
    """The length of a table without the zeros at its end, but not below the least one."""
    length = len(table)
    while length > least and table[length - 1] == 0:
        length -= 1
    return length


@fn(nogil=True)
def count_numbers(x: Any, table: Any, *, begin: int, end: int) -> int:
    """Count integers, up to one for which the table is too small; where that is, or the end."""
    for i in range(begin, end):
        number = int(x[i])
        if number < 0 or number >= len(table):
            return i
        table[number] += 1
    return end


@fn(nogil=True)
def add_numbers(x: Any, weights: Any, table: Any, *, begin: int, end: int) -> None:
    """Add weights to the elements that integers say, one after the other."""
    for i in range(begin, end):
        table[x[i]] += weights[i]
