"""This module is the machine code of what is normalised row by row: softmax, its logarithm, layer normalisation.

Every sum of a row goes over `lanes.width` partial sums, which begin anew every `block` elements and are then added up: the bits depend on these two, which are the
same on every machine, and on nothing else. Lanes behind the end of a row add zeros.
"""

from __future__ import annotations

from typing import Any

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.elementary import DOWN, exp_raised, log_above

__all__ = ["normalise_rows", "softmax_rows"]


@fn(nogil=True)
def find_most(x: Any, *, start: int, n: int, lanes: Comptime[Any]) -> Any:
    """The greatest of `n` elements."""
    whole = n - n % lanes.width
    most = lanes(float("-inf"))
    for i in range(start, start + whole, lanes.width):
        most = most.max(lanes.load(x, i))
    if whole < n:
        inside = lanes.iota() < n - whole
        most = most.max(inside.select(lanes.load(x, start + whole, inside), float("-inf")))
    return most.reduce_max()


@fn(nogil=True)
def softmax_rows(x: Any, out: Any, *, first: int, end: int, n: int, lanes: Comptime[Any], one: Comptime[Any], block: Comptime[int], is_log: Comptime[bool]) -> None:
    """Rows `first` to `end` of `n` elements each."""
    whole = n - n % lanes.width
    inside = lanes.iota() < n - whole
    for start in range(first * n, end * n, n):
        top = find_most(x, start=start, n=n, lanes=lanes)
        total = lanes(0.0)
        for begin in range(start, start + whole, block):
            sums = lanes(0.0)
            for i in range(begin, min(begin + block, start + whole), lanes.width):
                power = exp_raised(lanes.load(x, i) - top, lanes=lanes)
                if comptime(not is_log):
                    power.store(out, i)
                sums += power
            total += sums
        if whole < n:
            power = inside.select(exp_raised(lanes.load(x, start + whole, inside) - top, lanes=lanes), 0.0)
            if comptime(not is_log):
                power.store(out, start + whole, inside)
            total += power
        if comptime(is_log):
            low = log_above(one(total.reduce_add()) * comptime(DOWN[lanes.dtype]), lanes=one)[0]
            for i in range(start, start + whole, lanes.width):
                (lanes.load(x, i) - top - low).store(out, i)
            if whole < n:
                (lanes.load(x, start + whole, inside) - top - low).store(out, start + whole, inside)
        else:
            share = (1.0 / one(total.reduce_add()))[0]
            for i in range(start, start + whole, lanes.width):
                (lanes.load(out, i) * share).store(out, i)
            if whole < n:
                (lanes.load(out, start + whole, inside) * share).store(out, start + whole, inside)


@fn(nogil=True)
def add_differences(x: Any, start: int, n: int, guess: Any, *, lanes: Comptime[Any], one: Comptime[Any], block: Comptime[int]) -> tuple[Any, Any]:
    """The sum of `guess` minus each element of a row, and that of the squares."""
    whole = n - n % lanes.width
    total, squares = one(0.0), one(0.0)
    for begin in range(start, start + whole, block):
        sums, parts = lanes(0.0), lanes(0.0)
        for i in range(begin, min(begin + block, start + whole), lanes.width):
            d = guess - lanes.load(x, i)
            sums += d
            parts = d.fma(d, parts)
        total += sums.reduce_add()
        squares += parts.reduce_add()
    if whole < n:
        inside = lanes.iota() < n - whole
        d = inside.select(guess - lanes.load(x, start + whole, inside), 0.0)
        total += d.reduce_add()
        squares += (d * d).reduce_add()
    return total, squares


@fn(nogil=True)
def scale_row(x: Any, weight: Any, bias: Any, out: Any, start: int, *, n: int, guess: Any, scale: Any, move: Any, lanes: Comptime[Any]) -> None:
    """Write `((guess - x) * scale + move) * weight + bias` for a row."""
    whole = n - n % lanes.width
    for i in range(0, whole, lanes.width):
        factors, summands = lanes.load(weight, i), lanes.load(bias, i)
        (guess - lanes.load(x, start + i)).fma(scale, move).fma(factors, summands).store(out, start + i)
    if whole < n:
        inside = lanes.iota() < n - whole
        d = (guess - lanes.load(x, start + whole, inside)).fma(scale, move)
        d.fma(lanes.load(weight, whole, inside), lanes.load(bias, whole, inside)).store(out, start + whole, inside)


@fn(nogil=True)
def normalise_rows(
    x: Any, weight: Any, bias: Any, out: Any,
    *, first: int, end: int, n: int, eps: float, lanes: Comptime[Any], one: Comptime[Any], block: Comptime[int],
) -> None:  # fmt: skip
    """Rows `first` to `end` of `n` elements each. What is added up are differences to a guess of the mean, the mean of the first lanes; where it lies more than two
    standard deviations off, the sums are done again with what they told: so the variance loses nothing to a mean far from zero, and most rows are read twice."""
    few = min(n, lanes.width)
    share = 1.0 / one(float(n))
    for start in range(first * n, end * n, n):
        guess = (one(lanes.load(x, start, lanes.iota() < few).reduce_add()) / float(few))[0]
        rest, spread = one(0.0), one(0.0)
        for _ in range(2):
            total, squares = add_differences(x, start, n, guess, lanes=lanes, one=one, block=block)
            rest = total * share  # guess minus mean
            spread = (-rest).fma(rest, squares * share).max(0.0)
            if rest * rest <= spread * 4.0:
                break
            guess = (guess - rest)[0]
        factor = 1.0 / (spread + eps).sqrt() + (spread - spread)  # NaN where squares overflow
        scale_row(x, weight, bias, out, start, n=n, guess=guess, scale=(-factor)[0], move=(rest * factor)[0], lanes=lanes)
