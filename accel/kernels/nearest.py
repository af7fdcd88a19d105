"""This module is the machine code of searches for nearest neighbours: for each row the best so far, as a heap whose worst is on top."""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime
from accel.decorators import fn

__all__ = ["select", "sort"]


@fn(nogil=True)
def is_after(x: Any, i: int, y: Any, j: int) -> bool:
    """Whether distance `x` of number `i` comes behind `y` of `j`: the nearest first, NaN last, equal ones by their numbers."""
    if x != x or y != y:
        return bool((x != x and y == y) or (x != x and i > j))
    return bool(x > y or (x == y and i > j))


@fn(nogil=True)
def sink(best: Any, numbers: Any, base: int, size: int, *, hole: int, x: Any, number: int) -> None:
    """Put a distance where there is a hole in a heap of `size`, or below, where those above come behind it."""
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and is_after(best[base + child + 1], int(numbers[base + child + 1]), best[base + child], int(numbers[base + child])):
            child += 1
        if not is_after(best[base + child], int(numbers[base + child]), x, number):
            break
        best[base + hole] = best[base + child]
        numbers[base + hole] = numbers[base + child]
        hole = child
    best[base + hole] = x
    numbers[base + hole] = number


@fn(nogil=True)
def select(block: Any, best: Any, numbers: Any, *, rows: int, columns: int, start: int, k: int, lanes: Comptime[Any]) -> None:
    """Keep the `k` best of each row of a block of distances, whose columns are numbered from `start` on."""
    for row in range(rows):
        base = row * k
        worst = best[base]
        for j in range(0, columns, lanes.width):
            inside = lanes.iota() < columns - j
            far = lanes.load(block, row * columns + j, inside) >= lanes(worst)  # not so where one is NaN
            if not (far | ~inside).all():
                for column in range(j, min(j + lanes.width, columns)):
                    x = block[row * columns + column]
                    if is_after(worst, int(numbers[base]), x, start + column):
                        sink(best, numbers, base, k, hole=0, x=x, number=start + column)
                        worst = best[base]


@fn(nogil=True)
def sort(best: Any, numbers: Any, *, rows: int, k: int) -> None:
    """Sort the heaps of all rows."""
    for row in range(rows):
        for end in range(k - 1, 0, -1):
            x, number = best[row * k + end], int(numbers[row * k + end])
            best[row * k + end] = best[row * k]
            numbers[row * k + end] = numbers[row * k]
            sink(best, numbers, row * k, end, hole=0, x=x, number=number)
