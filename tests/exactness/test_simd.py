"""SIMD values in compiled code against their meaning in CPython: every operation, dtype and way to split lanes over registers; memory; loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

import accel
from accel.types import SIMD, Bool, Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64
from tests.differential.counters import require_compiled
from tests.exactness.agreement import agree_with_disabled

EDGES = [0.0, -0.0, 1.0, -1.5, 2.5, 0.5, -0.5, math.inf, -math.inf, math.nan, 1e300, -1e300, 1e-310, 3e9, -3e9, 1e19, -1e19, 127.5, 255.9, -129.0, 65535.5]
FLOATS = [(Float64, 1), (Float64, 3), (Float64, 4), (Float64, 12), (Float32, 2), (Float32, 8), (Float32, 24)]
INTS = [(Int8, 16), (UInt8, 6), (Int16, 8), (UInt16, 32), (Int32, 4), (UInt32, 16), (Int64, 5), (Int64, 8), (UInt64, 4)]


def make_floats(rng, dtype, width):
    with np.errstate(all="ignore"):
        return SIMD[dtype, width](*[dtype(value) for value in rng.choice(EDGES, width)])


def make_ints(rng, dtype, width):
    bounds = np.iinfo(dtype)
    edges = [bounds.min, bounds.max, 0, 1, 2, 3, 7, 8, 31, 63, bounds.max - 1, bounds.min + 1] + [-1, -2, -8] * (bounds.min < 0)
    return SIMD[dtype, width](*[dtype(edges[k]) for k in rng.integers(0, len(edges), width)])


def check(function, inputs):
    require_compiled(agree_with_disabled(function, inputs))


@pytest.mark.parametrize("dtype, width", FLOATS)
def test_floats(dtype, width):
    V = SIMD[dtype, width]

    def every(x: V, y: V, s: float, n: int):
        arithmetic = x + y, x - y, x * y, x / y, -x, +x, abs(x), x * s, s - x, n + x, x / n, x.fma(y, x), x.fma(s, y)
        rounded = x.sqrt(), x.floor(), x.ceil(), x.trunc(), x.rint(), x.min(y), x.max(y), x.min(s)
        compared = x < y, x <= y, x > y, x >= y, x == y, x != y, x < s, 1 >= x
        chosen = (x < y).select(x, y), (x < s).select(x, 1.0), (x < s).select(s, x), (x < y).any(), (x < y).all(), (x <= y).count()
        reduced = x.reduce_add(), x.reduce_mul(), x.reduce_min(), x.reduce_max()
        return arithmetic, rounded, compared, chosen, reduced, x[0], x[-1], x.with_lane(0, s), len(x), x.width

    rng = np.random.default_rng(width)
    inputs = [(make_floats(rng, dtype, width), make_floats(rng, dtype, width), float(rng.choice(EDGES)), int(rng.integers(-3, 4))) for _ in range(12)]
    check(every, inputs)


@pytest.mark.parametrize("dtype, width", INTS)
def test_ints(dtype, width):
    V = SIMD[dtype, width]

    def every(x: V, y: V, s: int):
        arithmetic = x + y, x - y, x * y, x // y, x % y, x << y, x >> y, x & y, x | y, x ^ y, ~x, -x, abs(x), x + s, s - x, x // s, x % s, x << s, s >> x
        compared = x < y, x >= y, x == s, x != y, (x < y).select(x, s), x.min(y), x.max(s)
        return arithmetic, compared, x.reduce_add(), x.reduce_mul(), x.reduce_min(), x.reduce_max(), x[0], x.reverse(), x.join(y), V.iota(s)

    rng = np.random.default_rng(width)
    check(every, [(make_ints(rng, dtype, width), make_ints(rng, dtype, width), int(rng.integers(0, 9))) for _ in range(12)])


@pytest.mark.parametrize("dtype, width", [*FLOATS[1:5], *INTS[1:7]])
def test_casts(dtype, width):
    V = SIMD[dtype, width]

    def every(x: V, y: V):
        m = x != y
        small = x.cast(Int8), x.cast(UInt8), x.cast(Int16), x.cast(UInt16), x.cast(Bool)
        large = x.cast(Int32), x.cast(UInt32), x.cast(Int64), x.cast(UInt64), x.cast(Float32), x.cast(Float64)
        masks = m & (x == y), m | (x == y), m ^ m, m == m, m != (x == y), ~m, m.reverse(), m.join(m), m.cast(Int8), m.cast(Int64), m.cast(Float32), m.cast(UInt16)
        return small, large, masks, m.select(x.cast(Int16), 3), m[0], m.with_lane(0, False)

    rng = np.random.default_rng(width)
    make = make_floats if dtype in (Float32, Float64) else make_ints
    check(every, [(make(rng, dtype, width), make(rng, dtype, width)) for _ in range(10)])


def test_bits():
    def every(x: SIMD[Float32, 8], y: SIMD[UInt64, 4]):
        return x.bitcast(UInt32), x.bitcast(Int32).bitcast(Float32), y.bitcast(Float64), y.bitcast(Int64)

    check(every, [(SIMD[Float32, 8].iota(0.1), SIMD[UInt64, 4].iota(2**62))])


def test_ints_that_do_not_fit_raise():
    def added(x: SIMD[UInt8, 4], s: int):
        return x + s

    check(added, [(SIMD[UInt8, 4](3), s) for s in (0, 255, 256, -1, 2**40)])


def test_lanes_by_number():
    def lane(x: SIMD[Int16, 12], m: SIMD[Bool, 12], k: int):
        return x[k], m[k], x.shuffle(11, 0, -1, 5, 5), x.slice(3, 9), x.slice(12)

    check(lane, [(SIMD[Int16, 12].iota(), SIMD[Bool, 12](True).with_lane(3, False), k) for k in (0, 3, 11, -1, -12, 12, -13, 2**40)])


# -- memory


def arrays(dtype):
    """Functions that make arrays: in a row, with strides, short, empty, read-only, of another dtype, with two axes."""

    def plain():
        return (np.arange(40) % 3).astype(dtype)

    def fixed():
        made = plain()
        made.flags.writeable = False
        return made

    return [
        plain, lambda: np.repeat(plain(), 2)[::2], lambda: plain()[::-1], lambda: plain()[:8], lambda: plain()[:0], fixed, lambda: plain().astype(np.complex64),
        lambda: plain().reshape(2, 20),
    ]  # fmt: skip


def check_memory(function, inputs):
    """As `check`, with arrays made anew for each call and compared afterwards."""

    def called(*given):
        made = [value() if callable(value) else value for value in given]
        return function(*made), [value.tobytes() for value in made if isinstance(value, np.ndarray)]

    def outcome(run, given):
        try:
            return repr(run(*given))
        except Exception as error:
            return type(error), str(error)

    made = function
    with accel.disabled():
        expected = [outcome(called, given) for given in inputs]
    for _ in range(4):
        assert [outcome(called, given) for given in inputs] == expected
    require_compiled(made)


@pytest.mark.parametrize("dtype, width", [(Float32, 8), (Float64, 6), (Int16, 16), (Bool, 8), (UInt8, 3)])
def test_memory(dtype, width):
    V, M, I = SIMD[dtype, width], SIMD[Bool, width], SIMD[Int64, width]

    @accel.fn
    def loads(a, i: int, s: int, m: M):
        return V.load(a, i), V.load(a, i, m), V.load(a, i, stride=s), V.load(a, i, mask=m, stride=s), V.load_tail(a, i)

    @accel.fn
    def gathers(a, n: I, m: M):
        return V.gather(a, n, m), V.gather(a, n.cast(UInt8), m)

    @accel.fn
    def stores(a, i: int, s: int, m: M, v: V):
        v.store_tail(a, i)
        v.store(a, i, m, stride=s)
        v.store(a, i, None)
        v.store(a, i + 1, stride=s)

    @accel.fn
    def scatters(a, n: I, m: M, v: V):
        v.scatter(a, n, m)
        v.scatter(a, n)

    rng = np.random.default_rng(width)
    value = V(*[dtype(k % 2) for k in range(width)])
    masks = [M(*[bool(bit) for bit in rng.integers(0, 2, width)]), M(True), M()]
    places = [(i, s) for i in (-1, 0, 5, 40 - width, 39, 40, 2**40, 2**62, -(2**63)) for s in (1, 2, -1, 2**60)]
    check_memory(loads, [(a, i, s, m) for a in arrays(dtype) for i, s in places for m in masks])
    check_memory(stores, [(a, i, s, m, value) for a in arrays(dtype) for i, s in places for m in masks])
    indices = [I.iota(), I.iota(40 - width), I(-1), I(39), I(40).with_lane(0, 2), I(2)]
    check_memory(gathers, [(a, n, m) for a in arrays(dtype) for n in indices for m in masks])
    check_memory(scatters, [(a, n, m, value) for a in arrays(dtype) for n in indices for m in masks])


def test_loads_see_the_stores_before_them():
    @accel.fn
    def smoothed(a):
        for i in range(1, len(a) - 4):
            before = SIMD[Float64, 4].load(a, i - 1)
            a[i] = a[i] * 0.5 + float(before[0])
            (SIMD[Float64, 4].load(a, i) + before).store(a, i)

    check_memory(smoothed, [(lambda: np.arange(20.0),), (lambda: np.ones(7),)])


# -- loops

LOOPS = [(Float64, Int64, 8), (Float64, Int64, 12), (Float32, Int32, 16), (Float32, Int64, 16), (Float64, Int16, 16), (Float64, Int64, 4)]


def points(dtype, width):
    rng = np.random.default_rng(width)

    def made():
        return SIMD[dtype, width](*[dtype(value) for value in rng.uniform(-2.0, 1.0, width)])

    return [(made(), made(), limit) for limit in (0, 1, 5, 50) for _ in range(4)] + [(SIMD[dtype, width](3.0), SIMD[dtype, width](0.5), 9)]


@pytest.mark.parametrize("dtype, counted, width", LOOPS)
def test_a_break_in_the_middle(dtype, counted, width):
    V, N = SIMD[dtype, width], SIMD[counted, width]

    def escape(x0: V, y0: V, limit: int):
        x, y, n = V(0.0), V(0.0), N(0)
        last = x
        for _ in range(limit):
            xx, yy = x * x, y * y
            inside = xx + yy <= 4.0
            if not inside.any():
                break
            last = inside.select(x, last)
            n = n + inside.cast(counted)
            x, y = xx - yy + x0, 2.0 * x * y + y0
        return n, x, y, last

    check(escape, points(dtype, width))


@pytest.mark.parametrize("dtype, counted, width", LOOPS)
def test_other_ways_out(dtype, counted, width):
    V, N = SIMD[dtype, width], SIMD[counted, width]

    def whiled(x0: V, y0: V, limit: int):
        x, y, n = V(0.0), V(0.0), N(0)
        inside, k = x == x, 0
        while inside.any() and k < limit:
            k += 1
            xx, yy = x * x, y * y
            inside = inside & (xx + yy <= 4.0)
            n -= inside.cast(counted)
            x, y = xx - yy + x0, 2.0 * x * y + y0
        return n, x, y, k, inside

    def twice(x0: V, y0: V, limit: int):
        x, y, n = V(0.0), V(0.0), N(7)
        for k in range(limit):
            xx, yy = x * x, y * y
            outside = xx + yy > 4.0
            if outside.all():
                break
            n = (~outside).cast(counted) + n
            n = n + 1
            x, y = xx - yy + x0, 2.0 * x * y + y0
            if k > 3:
                if (n > 9).any():
                    break
                y = y + 0.125
                x = x * y - 1.0
                y = y * 0.5
        return n, x, y

    def otherwise(x0: V, y0: V, limit: int):
        x, y, n = V(0.0), V(0.0), N(0)
        for _ in range(limit):
            xx, yy = x * x, y * y
            inside = xx + yy <= 4.0
            if inside.any():
                n = n + inside.cast(counted)
                n = n + inside.cast(counted)
                x, y = xx - yy + x0, 2.0 * x * y + y0
            else:
                return n, x, -y
        return n, x, y

    for function in (whiled, twice, otherwise):
        check(function, points(dtype, width))


def test_a_break_that_another_test_decides():
    V, N = SIMD[Float64, 8], SIMD[Int64, 8]

    def other(x: V, limit: int, goes_on: bool):
        n = N(0)
        for _ in range(limit):
            x = x * 0.5 + 1.0
            inside, low = x < 3.0, x < 1.9
            inside.any()
            if not low.all():
                break
            n = n + inside.cast(Int64)
            n = n + inside.cast(Int64)
            x = x + 0.25
            inside = x < 3.0
            inside.any()
            if not goes_on:
                break
            n = n + inside.cast(Int64)
            n = n - 3
            x = x + 0.25
        return n, x

    check(other, [(V.iota(), 5, True), (V(0.1), 5, False), (V(0.1), 5, True)])


def test_a_break_by_a_mask_that_may_be_unbound():
    V, N = SIMD[Float64, 8], SIMD[Int64, 8]

    def unbound(x: V, limit: int, late: int):
        n = N(0)
        try:
            for k in range(limit):
                x = x * 0.5 + 1.0
                low = x * x < 3.0
                if k < late:
                    inside = low
                x = x * 0.5 + 1.0
                x = x * x
                x = x - 1.0
                if not inside.any():
                    break
                n = n + inside.cast(Int64)
                n = n + inside.cast(Int64)
                x = x + 0.25
                if k == 2:
                    del inside
        except UnboundLocalError:
            return n, True
        return n, x

    check(unbound, [(V.iota(), 5, 10), (V(0.1), 5, 1), (V(0.1), 5, 0), (V(0.1), 5, 3)])


def test_bools_among_masks():
    def flagged(x: SIMD[Float64, 8], flag: bool):
        m = (x < 1.0) ^ flag
        m = m & (x < 0.5)
        return m | True, m == flag, SIMD[Bool, 8](flag) & m, SIMD[Bool, 8](True, flag, False, True, flag, False, flag, True)

    check(flagged, [(SIMD[Float64, 8].iota(), flag) for flag in (True, False)])


def test_a_call_of_a_function_with_what_a_run_gives():
    @accel.fn
    def lower(x, y, flag):
        return x.min(y) if flag else y

    def called(x: SIMD[Float64, 8], y: SIMD[Float64, 8], flag: bool):
        return lower(x * 2 - y * y, (x < y).select(x + 1.0, y), flag)

    check(called, [(SIMD[Float64, 8].iota(), SIMD[Float64, 8](2.5), flag) for flag in (True, False)])


def test_a_number_for_each_lane_in_a_run():
    V, N, M = SIMD[Float64, 8], SIMD[Int64, 8], SIMD[Bool, 8]

    def made(x: V, y: N):
        a = x * 2 + V(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
        b = a - x
        c = (b < a).select(N(8, 7, 6, 5, 4, 3, 2, 1), y)
        return a, b, c, M(True, False, True, True, False, False, True, False) & (a < 3)

    check(made, [(V.iota(), N.iota())])


def test_constants_that_do_not_fit_in_a_run():
    def added(x: SIMD[Int8, 64]):
        y, w = x & 3, x * 2
        try:
            y = y + 1
            z = y + 300
            w = z ^ y
        except OverflowError:
            return y, w
        return z

    check(added, [(SIMD[Int8, 64].iota(),)])


def test_numbers_that_become_lanes_behind_a_break():
    def late(x: SIMD[Float64, 8], limit: int):
        for _ in range(limit):
            x = x * 0.5 + 1.0
            m = x < 2.5
            n, y = 0, 0.5
            x = x + 0.125
            x = x * x
            if not m.any():
                return n, x, y
            n = n + m.cast(Int64)
            y = m.select(x, y)
            x = x + 0.25
            x = x + 0.25
        return x

    check(late, [(SIMD[Float64, 8].iota(), 5), (SIMD[Float64, 8](10.0), 5)])


def test_results_that_are_constants():
    def constant(x: int):
        return SIMD[Bool, 3](False), SIMD[Float64, 8](0.5), SIMD[Int16, 6](), SIMD[UInt8, 4](1, 2, 3, 4), x

    check(constant, [(3,), (4,)])


def test_masks_of_different_lanes_meet():
    def joined(x: SIMD[Float64, 8], y: SIMD[Float32, 8], which: bool):
        if which:
            m = x < 1.0
        else:
            m = y < 1.0
        for k in range(3):
            m = m ^ (x > k)
        return m, m.any(), (m & (y < 2.0)).cast(Int32)

    check(joined, [(SIMD[Float64, 8].iota(), SIMD[Float32, 8].iota(), which) for which in (True, False)])


def test_through_functions_tuples_and_exits():
    @accel.fn
    def halves(x: SIMD[Float64, 8]):
        return x.slice(4), x.slice(4, 4)

    def called(x: SIMD[Float64, 8], pieces):
        low, high = halves(x)
        mask = low < high
        found = pieces.get("a", 0)  # done by CPython, which goes on from there
        return low + high * found, mask, [low]

    agree_with_disabled(called, [(SIMD[Float64, 8].iota(), {"a": 2}), (SIMD[Float64, 8].iota(0.5), {})])


@pytest.mark.parametrize("dtype, width", [(Float64, 4), (Float32, 24), (Int16, 6)])
def test_the_truth_of_masks(dtype, width):
    def asked(x: SIMD[dtype, width], y: SIMD[dtype, width]):
        n = 0
        if x == y:
            n += 1
        if not x < y:
            n += 2
        while x <= y and n < 20:
            n += 4
            x = x + 1
        return n, not (x == y), 7 if x == y and x == x else 8, bool(x == x), 1 if x != y else 2

    check(asked, [(SIMD[dtype, width](a), SIMD[dtype, width](b).with_lane(1, dtype(c))) for a in (0, 1, 2) for b in (0, 1, 5) for c in (0, 1, 5)])


def test_attributes_are_known():
    def asked(x: SIMD[Float32, 8]):
        return x.width, x.dtype(3), len(x), type(x) is SIMD[Float32, 8], isinstance(x, SIMD)

    agree_with_disabled(asked, [(SIMD[Float32, 8](1.0),)])


def test_values_that_were_not_made_by_a_constructor():
    def doubled(x):
        return x * 2

    made = accel.fn(doubled)
    for _ in range(4):
        made(SIMD[Float64, 4](1.0))
    with pytest.raises(AttributeError):
        made(object.__new__(SIMD[Float64, 4]))


WIDE = 32


def test_widths_from_outside_in_loops_that_are_copied():
    @accel.fn
    def total(data, step):
        t = 0
        for start in range(0, len(data), step):
            sums = SIMD[np.uint32, WIDE](0)
            for i in range(start, start + step, WIDE):
                sums += SIMD[np.uint8, WIDE].load(data, i).cast(np.uint32)
            t += int(sums.reduce_add())
        return t

    data = np.arange(6400).astype(np.uint8)
    assert [total(data, 640) for _ in range(3)] == [int(data.sum())] * 3 and total.accel.compiled
    with pytest.raises(IndexError):
        total(data, 6432)
