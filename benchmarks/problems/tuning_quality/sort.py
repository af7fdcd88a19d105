"""This module sorts: how the pivot is chosen, from which length insertion takes over, and whether at once or at the end."""

import numpy as np

from accel import Comptime, comptime
from accel.tuning import Choice, Int, Space

SIZE = 8000
SPACE = Space({"pivot": Choice("first", "middle", "three", "nine"), "at_end": [False, True], "cutoff": Int(2, 64)})
COMPILED = ("pivot", "at_end")


def make():
    """Arguments of a call: numbers some of which are in order, the place for the result, a stack."""
    random = np.random.default_rng(1)
    values = random.random(SIZE)
    values[::3].sort()
    return values, np.zeros(SIZE), np.zeros(512, np.int64)


def middle_of(a: float, b: float, c: float) -> float:
    return max(min(a, b), min(max(a, b), c))


def insert(out, lo: int, hi: int):
    for i in range(lo + 1, hi):
        x = out[i]
        j = i - 1
        while j >= lo and out[j] > x:
            out[j + 1] = out[j]
            j -= 1
        out[j + 1] = x


def kernel(values, out, stack, cutoff: int, *, pivot: Comptime[str], at_end: Comptime[bool]):
    out[:] = values
    stack[0], stack[1] = 0, len(out)
    top = 2
    while top > 0:
        top -= 2
        lo, hi = int(stack[top]), int(stack[top + 1])
        if hi - lo <= cutoff:
            if comptime(not at_end):
                insert(out, lo, hi)
            continue
        mid = (lo + hi) // 2
        x = out[lo]
        if comptime(pivot == "middle"):
            x = out[mid]
        if comptime(pivot == "three"):
            x = middle_of(out[lo], out[mid], out[hi - 1])
        if comptime(pivot == "nine"):
            step = (hi - lo) // 8
            x = middle_of(
                middle_of(out[lo], out[lo + step], out[lo + 2 * step]),
                middle_of(out[mid - step], out[mid], out[mid + step]),
                middle_of(out[hi - 1 - 2 * step], out[hi - 1 - step], out[hi - 1]),
            )
        i, j = lo, hi - 1
        while i <= j:
            while out[i] < x:
                i += 1
            while out[j] > x:
                j -= 1
            if i <= j:
                y = out[i]
                out[i] = out[j]
                out[j] = y
                i += 1
                j -= 1
        stack[top], stack[top + 1] = lo, j + 1
        stack[top + 2], stack[top + 3] = i, hi
        top += 4
    if comptime(at_end):
        insert(out, 0, len(out))


def is_right(arguments, result):
    """Whether a call did what it should."""
    return np.array_equal(arguments[1], np.sort(arguments[0]))
