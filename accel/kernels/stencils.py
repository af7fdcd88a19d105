"""This module is `stencil`, and its machine code: lines of the result, eight registers at a time, to which the elements that each weight meets are added one after the other.

Every element is one chain of fused operations over the weights that are not 0, in their order. Within an array, all elements of a line meet a weight at the same
distance; beside it, tables say which elements stand for those outside, line by line, and one by one at both ends of a line.
"""

from __future__ import annotations

import operator
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.arrays import check_out, find_dtype, flatten, give_room, is_direct, take_room, to_read
from accel.kernels.sharing import share
from accel.threads import num_threads
from accel.types import SIMD, simd_width

__all__ = ["stencil"]

_MODES = ("reflect", "constant", "nearest", "mirror", "wrap")
_AXES = 3
_REGISTERS = 8  # of elements at a time: a weight and where it is are looked up once for all of them
_COPIED = 1.5  # elements that are copied in the time of one product near the end of a line: shorter lines are extended by what stands beside them first
_PIECE = 8192  # elements of a line that are done before the next line: what they meet stays in the cache
_SHARED = 1 << 17  # products that are worth several threads


class Geometry(NamedTuple):
    """The lengths of three axes; how far weights reach up and down, over and under, to the left and right; how many are not 0. Elements of a line from `low` to
    `high` meet elements of lines at the places of the weights; the others are done one by one."""

    planes: int
    rows: int
    columns: int
    above: int
    over: int
    before: int
    below: int
    under: int
    behind: int
    taps: int
    low: int
    high: int
    pitch: int  # from line to line of what is read
    left: int  # how far weights reach to the left of where a line begins there


class Plan(NamedTuple):
    """What depends on the shape, the mode and the weights alone: the weights that are not 0; how far each lies from the first one along each axis; which planes and
    rows stand for those outside; which column each weight meets, for each element that is done one by one."""

    weights: Any
    steps: Any
    beside: Any
    columns: Any
    beyond: Any  # the columns that stand on the left and on the right of a line, if lines are to be extended by them, else None
    geometry: Geometry


def stencil(x: Any, weights: Any, *, mode: str = "reflect", cval: float = 0.0, origin: Any = 0, out: Any = None) -> Any:
    """The weighted sum of the neighbourhood of each element, as `scipy.ndimage.correlate` gives it.

    Parameters
    ----------
    x : array_like
        One to three axes, of float32 or float64. Any strides.
    weights : array_like
        As many axes as `x`, none of them empty: real numbers, which are taken in the dtype of `x`. They are not turned round. Those that are 0 are left out.
    mode : {"reflect", "constant", "nearest", "mirror", "wrap"}, default "reflect"
        What lies outside: the elements in reverse, with the outermost one twice ("reflect") or once ("mirror"); `cval`; the outermost one; the elements from the other end.
    cval : float, default 0.0
        What lies outside for "constant".
    origin : int or sequence of int, default 0
        How far the element of `weights` that meets the place of the result lies behind the middle one, number `size // 2`; one for all axes, or one for each.
    out : ndarray, the shape of x, optional
        Where the result goes. It may share memory with the others.

    Returns
    -------
    ndarray
        The shape and dtype of `x`.

    Raises
    ------
    TypeError
        For other dtypes; for a `cval` or `origin` that is no number; for an `out` that is no array, or can't hold the result.
    ValueError
        When the axes do not fit; for another mode, or an origin outside of the weights; when `out` is read-only.

    Notes
    -----
    *Accuracy.* Each element is one chain of fused operations from 0.0 on, `total = fma(x, weight, total)`, over the k weights that are not 0, in C order. The error is at
    most `k * u / (1 - k * u)` times the sum of the magnitudes of the products, u = 2**-24 or 2**-53. SciPy adds in float64 whatever the dtype.

    *Determinism.* The bits depend on the neighbourhood and the weights alone: not on the number of threads, the shape around, the strides or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, from 131,072 products on.

    NaN and infinity go through where they meet a weight; under a weight of 0 they have no influence. Nothing warns. Arrays that are not C-ordered are copied first.

    Examples
    --------
    >>> from accel.kernels import stencil
    >>> stencil([1.0, 4.0, 9.0, 16.0], [1, -2, 1], mode="nearest")
    array([ 3.,  2.,  2., -7.])
    >>> stencil([[0.0, 0.0, 0.0], [0.0, 8.0, 0.0], [0.0, 0.0, 0.0]], [[0, 1, 0], [1, 4, 1], [0, 1, 0]], mode="constant") / 8
    array([[0., 1., 0.],
           [1., 4., 1.],
           [0., 1., 0.]])
    """
    array, taps = numpy.asarray(x), numpy.asarray(weights)
    dtype = find_dtype("stencil", array)
    _check_axes(array, taps)
    if not isinstance(mode, str) or mode not in _MODES:
        raise ValueError(f"stencil: `mode` is one of {', '.join(_MODES)}, not {mode!r}")
    try:
        outside = float(cval)
    except (TypeError, ValueError):
        raise TypeError(f"stencil: `cval` must be a number, not {cval!r}") from None
    middles = _find_middles(taps.shape, origin)
    if out is not None:
        check_out("stencil", out, array.shape, dtype)
    direct = is_direct(out, dtype, array)
    made = out if direct else numpy.empty(array.shape, dtype)
    if made.size:
        if taps.dtype != dtype:
            with numpy.errstate(all="ignore"):
                taps = taps.astype(dtype)
        _weigh(flatten(array, dtype), taps, made, mode=mode, outside=outside, middles=tuple(middles))
    if out is None or direct:
        return made
    numpy.copyto(out, made, casting="same_kind")
    return out


def _check_axes(array: Any, taps: Any) -> None:
    if not 1 <= array.ndim <= _AXES:
        raise ValueError(f"stencil: `x` has shape {array.shape}, not one to three axes")
    if taps.ndim != array.ndim:
        raise ValueError(f"stencil: `weights` has shape {taps.shape}, and `x` {array.ndim} axes")
    if not taps.size:
        raise ValueError(f"stencil: `weights` has shape {taps.shape}, without elements")
    if taps.dtype.kind not in "biuf":
        raise TypeError(f"stencil: `weights` must be real numbers, not {taps.dtype}")


def _find_middles(sizes: tuple[int, ...], origin: Any) -> list[int]:
    """The weight of each axis that meets the place of the result."""
    given = list(origin) if isinstance(origin, (tuple, list, numpy.ndarray)) and numpy.ndim(origin) else [origin] * len(sizes)
    try:
        moves = [operator.index(move) for move in given]
    except TypeError:
        raise TypeError(f"stencil: `origin` is an integer, or one for each axis, not {origin!r}") from None
    if len(moves) != len(sizes):
        raise ValueError(f"stencil: `origin` has {len(moves)} numbers, `weights` {len(sizes)} axes")
    middles = [size // 2 + move for size, move in zip(sizes, moves, strict=True)]
    for middle, size, move in zip(middles, sizes, moves, strict=True):
        if not 0 <= middle < size:
            raise ValueError(f"stencil: `origin` {move} lies outside of an axis of {size} weights")
    return middles


def _find_beside(n: int, size: int, middle: int, mode: str) -> list[int]:
    """Which elements of an axis stand for those before and behind it, as far as weights reach: -1 for none."""
    places = [*range(-middle, 0), *range(n, n + size - 1 - middle)]
    if mode == "constant":
        return [-1] * len(places)
    if mode == "nearest":
        return [0 if place < 0 else n - 1 for place in places]
    if mode == "wrap":
        return [place % n for place in places]
    twice = mode == "reflect"
    period = 2 * n if twice else max(1, 2 * n - 2)
    return [min(place % period, period - twice - place % period) for place in places]


@lru_cache(maxsize=64)
def _find_plan(shape: tuple[int, ...], mode: str, middles: tuple[int, ...], *, dtype: Any, sizes: tuple[int, ...], content: bytes) -> Plan:
    taps = numpy.frombuffer(content, dtype).reshape(sizes)
    reach = [size - 1 - middle for size, middle in zip(sizes, middles, strict=True)]
    beside = [_find_beside(*axis, mode) for axis in zip(shape, sizes, middles, strict=True)]
    n, before, steps = shape[2], middles[2], numpy.argwhere(taps).astype(numpy.int64)
    is_extended = n < _COPIED * (sizes[2] - 1) * len(steps) or sizes[2] > _PIECE // 2 or (mode == "constant" and sizes[:2] != (1, 1))
    low, high = (0, n) if is_extended else (before, n - reach[2])
    if high - low < simd_width(dtype):
        low = high = n
    columns = numpy.concatenate([numpy.arange(low), numpy.arange(high, n)])[:, None] + steps[:, 2]
    if columns.size and not is_extended:
        columns = numpy.array([*range(n), *beside[2][before:], *beside[2][:before]])[columns - before]  # those before the first one count from the end
    pitch, left = (n + sizes[2] - 1, 0) if is_extended else (n, before)
    geometry = Geometry._make((*shape, *middles, *reach, len(steps), low, high, pitch, left))
    others = numpy.array(beside[0] + beside[1], numpy.int64)
    parts = [to_read(numpy.ascontiguousarray(part)) for part in (taps[taps != 0], steps, others, columns)]
    return Plan._make((*parts, beside[2] if is_extended else None, geometry))


def _extend(x: Any, plan: Plan, outside: float) -> tuple[Any, Any]:
    """The lines with what stands beside them, and behind them one of which all is outside, in memory to work in."""
    n, before, lines = plan.geometry.columns, plan.geometry.before, x.reshape(-1, plan.geometry.columns)
    size = (len(lines) + 1) * plan.geometry.pitch
    room, held = take_room(x.dtype, size)
    made = room[:size].reshape(-1, plan.geometry.pitch)
    made[-1] = outside
    made[:-1, before : before + n] = lines
    for number, column in enumerate(plan.beyond):
        made[:-1, number if number < before else number + n] = lines[:, column] if column >= 0 else outside
    return room, held


def _weigh(x: Any, taps: Any, made: Any, *, mode: str, outside: float, middles: tuple[int, ...]) -> None:
    """All lines, piece by piece of their lengths."""
    dtype, flat = x.dtype.type, made.reshape(-1)
    few = (1,) * (_AXES - made.ndim)
    shape = few + made.shape
    plan = _find_plan(shape, mode, (0,) * len(few) + middles, dtype=dtype, sizes=few + taps.shape, content=taps.tobytes())
    lanes, count = _choose_lanes(dtype), plan.geometry.taps
    room, held = (None, x) if plan.beyond is None else _extend(x, plan, outside)

    def do(first: int, end: int) -> None:
        starts, own = take_room(numpy.int64, 4 * count + 1)
        weigh_lines(held, *plan[:4], out=flat, starts=starts[: 2 * count], own=starts[2 * count :], geometry=plan.geometry, outside=outside, first=first, end=end, **lanes)
        give_room(starts, own)

    pieces = shape[0] * shape[1] * max(1, shape[2] // _PIECE)
    share(do, pieces, min(num_threads(), pieces) if made.size * count >= _SHARED else 1)
    if room is not None:
        give_room(room, held)


@cache
def _choose_lanes(dtype: Any) -> dict[str, Any]:
    of, width = SIMD.__class_getitem__, simd_width(dtype)
    return {"lanes": of((dtype, _REGISTERS * width)), "few": of((dtype, width)), "one": of((dtype, 1))}


@fn(nogil=True)
def find_place(place: int, n: int, before: int, beside: Any, at: int) -> int:
    """The element that stands for another one of an axis, beside which lie those from `at` on."""
    if place < 0:
        return int(beside[at + before + place])
    return place if place < n else int(beside[at + before + place - n])


@fn(nogil=True)
def weigh_range(
    x: Any, weights: Any, starts: Any, out: Any, *, count: int, first: int, end: int, at: int, to: int, lanes: Comptime[Any]
) -> None:  # fmt: skip
    """The elements of a line from `first` to `end`, as many as there are lanes, at least; the last ones may be done twice."""
    for begin in range(first, end, lanes.width):
        j = min(begin, end - lanes.width)
        here, there = at + j, to + j
        total = lanes(0.0)
        for t in range(count):
            total = lanes.load(x, here + int(starts[t])).fma(lanes(weights[t]), total)
        total.store(out, there)


@fn(nogil=True)
def weigh_each(
    x: Any, weights: Any, columns: Any, starts: Any, out: Any, *, geometry: Geometry, first: int, end: int, at: int, to: int, outside: float, one: Comptime[Any]
) -> None:  # fmt: skip
    """The same one by one, beside those."""
    count = geometry.taps
    for j in range(first, end):
        number = (j if j < geometry.low else j - geometry.high + geometry.low) * count
        total = one(0.0)
        for t in range(count):
            column = int(columns[number + t])
            total = (one(outside) if column < 0 else one(x[int(starts[count + t]) + at + column])).fma(one(weights[t]), total)
        total.store(out, to + j)


@fn(nogil=True)
def find_starts(steps: Any, beside: Any, starts: Any, *, geometry: Geometry, plane: int, row: int) -> None:
    """Where the line lies that each weight meets: first for the element at place 0 of the result, then element 0 of it."""
    for t in range(geometry.taps):
        p = find_place(plane + int(steps[3 * t]) - geometry.above, geometry.planes, geometry.above, beside, 0)
        r = find_place(row + int(steps[3 * t + 1]) - geometry.over, geometry.rows, geometry.over, beside, geometry.above + geometry.below)
        start = (p * geometry.rows + r if p >= 0 and r >= 0 else geometry.planes * geometry.rows) * geometry.pitch
        starts[t], starts[geometry.taps + t] = start + int(steps[3 * t + 2]) - geometry.left, start


@fn(nogil=True)
def weigh_lines(
    x: Any, weights: Any, steps: Any, beside: Any, columns: Any,
    *, out: Any, starts: Any, own: Any, geometry: Geometry, outside: float, first: int, end: int, lanes: Comptime[Any], few: Comptime[Any], one: Comptime[Any],
) -> None:  # fmt: skip
    """Pieces of lines, the last one of which takes what is left over. Within the array, weights meet lines at the same distance of each."""
    planes, rows, n, above, over, _, below, under = geometry[:8]
    lines, pieces, count = planes * rows, max(1, n // comptime(_PIECE)), geometry.taps
    for t in range(count):
        start = ((int(steps[3 * t]) - above) * rows + int(steps[3 * t + 1]) - over) * geometry.pitch
        starts[t], starts[count + t] = start + int(steps[3 * t + 2]) - geometry.left, start
    for number in range(first, end):
        piece, line = number // lines, number % lines
        plane, row = line // rows, line % rows
        is_inner = above <= plane < planes - below and over <= row < rows - under
        chosen, at = (starts, line * geometry.pitch) if is_inner else (own, 0)
        if not is_inner:
            find_starts(steps, beside, own, geometry=geometry, plane=plane, row=row)
        begin, stop = piece * comptime(_PIECE), n if piece == pieces - 1 else (piece + 1) * comptime(_PIECE)
        low, high, to = max(begin, min(geometry.low, stop)), max(begin, min(geometry.high, stop)), line * n
        if high - low >= lanes.width:
            weigh_range(x, weights, chosen, out, count=count, first=low, end=high, at=at, to=to, lanes=lanes)
        elif low < high:
            weigh_range(x, weights, chosen, out, count=count, first=low, end=high, at=at, to=to, lanes=few)
        for side in range(2):
            here, there = (begin, low) if side == 0 else (high, stop)
            if here < there:
                weigh_each(x, weights, columns, chosen, out, geometry=geometry, first=here, end=there, at=at, to=to, outside=outside, one=one)
