"""Scalar functions in lanes against the loop in CPython: every way through loops and branches, and random programs."""

from __future__ import annotations

import math
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel import vectorize
from accel.lower.lane_shape import LaneShape
from accel.lower.lanes import write_lanes
from accel.lower.regions import Regions
from accel.lower.ssa import Unreadable, read_function
from accel.lower.text import Module
from tests.differential.compare import compare_program
from tests.differential.elementwise import make_elementwise


def early(a, b):
    if a > b:
        return a - b
    return b


def counted(a, b):
    s = 0
    for i in range(7):
        if a > i:
            s += a
        else:
            s -= b
        if s > 100:
            break
    return s


def nested(a, b):
    n = 0
    while a < 50:
        a += 3
        k = 0
        while k < b:
            k += 2
            if k == 6:
                continue
            n += 1
            if n > 40:
                return n
        if n == 17:
            break
    else:
        return -n
    return n + a


def several(a, b):
    x = a if (a > 0 and b > 0) or a < -5 else b
    return x * 2, a > b


def triangle(a, b):
    t = 0
    for i in range(10):
        for j in range(i):
            if a < j:
                break
            t += j
        if t > 20:
            return t
    return a


def jumps(a, b):
    r = 0
    for i in range(5):
        if a < i:
            if b < i:
                return i
            r += 1
            continue
        r += 2
        while r > 6:
            r -= 3
            if b > r:
                break
    return r


def selections(a, b):
    return min(a, 3) + max(b, 5) + abs(a)


def forever(a, b):
    while True:
        a = a + 1
        if a > 30:
            return a
        if b > a:
            b = b - 2
            if b < 3:
                return b


def under_a_branch(a, b):
    c = 0
    for _ in range(4):
        if a > b:
            while a > b:
                a -= 1
                c += 1
                if c > 30:
                    break
        else:
            c += 5
    return c


def same_for_all(a, b):
    total = 0
    for i in range(20):
        total += i * 2
        if total > 50:
            break
    return total + a if a > b else total


def helped(a, b):
    return twice(a) if a < b else twice(twice(b))


def twice(x):
    return x + x


FUNCTIONS = [early, counted, nested, several, triangle, jumps, selections, forever, under_a_branch, same_for_all, helped]


def compare(function: Callable[..., Any], *operands: Any) -> Any:
    """Fail unless the ufunc gives the bits of the loop."""
    twin = types.FunctionType(function.__code__, function.__globals__, function.__name__)
    made = vectorize(twin)
    arrays = np.broadcast_arrays(*operands)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        want: list[Any] = []
        try:
            for elements in zip(*arrays, strict=True):
                want.append(function(*elements))
        except Exception as error:
            with pytest.raises(type(error)) as caught:
                made(*operands)
            assert str(caught.value) == str(error)
            return made
        got = made(*operands)
    columns = list(zip(*want, strict=True)) if made.nout > 1 else [want]
    for part, expected in zip(got if made.nout > 1 else [got], columns, strict=True):
        assert part.tobytes() == np.array([part.dtype.type(x) for x in expected], part.dtype).tobytes() or _same_numbers(part, expected)
    return made


def _same_numbers(part: np.ndarray, expected: Any) -> bool:
    """The same but for what a NaN holds."""
    want = np.array([part.dtype.type(x) for x in expected], part.dtype)
    return bool(part.dtype.kind == "f" and np.all((np.isnan(part) & np.isnan(want)) | ((part == want) & (np.signbit(part) == np.signbit(want)))))


@pytest.mark.parametrize("char", ["l", "d", *(pytest.param(c, marks=pytest.mark.slow) for c in "fib")])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_control_flow(function: Callable[..., Any], char: str) -> None:
    rng = np.random.default_rng(1)
    a, b = ((rng.normal(size=203) * 9).round(1 if char in "df" else 0).astype(char) for _ in range(2))
    made = compare(function, a, b)
    assert "lanes at a time" in made.accel.explain()


@pytest.mark.parametrize("count", [1, 7, 8, 31, 32, 33, 64, 257, 1000])
def test_any_number_of_elements(count: int) -> None:
    a = np.arange(float(count))
    for x, y in ((a, a[::-1]), (a[::-1], np.repeat(a, 2)[1::2]), (np.broadcast_to(3.0, count), a), (a.astype(">f8"), a)):
        compare(counted, x, y)


def test_results_that_overlap_operands() -> None:
    made = vectorize(lambda a, b: a * 2 + b)
    a = np.arange(300.0)
    made(a, 1.0, out=a)
    assert np.array_equal(a, np.arange(300.0) * 2 + 1)
    b = np.ones(300)
    want = b.copy()
    for k in range(299):
        want[k + 1] = want[k] * 2 + want[k + 1] if k < 40 else want[k + 1]
    running = np.ones(41)
    assert made.accumulate(running)[-1] == want[40]
    assert vectorize(lambda a, b: a + b).reduce(np.arange(5000)) == np.arange(5000).sum()


def overflowing(n: int):
    return n * n + 1


def test_lanes_that_give_up_are_done_one_by_one() -> None:
    values = np.arange(200)
    made = vectorize(overflowing)
    assert made(values).tolist() == [n * n + 1 for n in range(200)]
    values[150] = 2**40
    with pytest.raises(OverflowError):
        made(values)


def guarded(a, b):
    if b != 0:
        return 100 // b + a
    return a


def test_a_division_that_some_lanes_must_not_do() -> None:
    a = np.arange(100)
    compare(guarded, a, a % 3)
    compare(lambda x, y: 7 // x + y, a, a)
    compare(guarded, a, 0)


def growing(x):
    n = 0
    while n < 60 and x < 1e30:
        x = x * x
        n += 1
    return x + n


def one_side_divides(x):
    t = 0.0
    for _ in range(5):
        t = t + 1 / x if x > 1 else t - x
    return t


def hides_it(x):
    n = 0
    for i in range(9):
        if x * x > 1e30:
            n += 1
            x = x / 1e12
        else:
            x = x * (i + 2)
    return n


def needless_in_the_end(x):
    for _ in range(3):
        s = 0
        x -= x
    return x > 1 and s


def needless_after_some_turns(x):
    found = False
    for i in range(4):
        if i == 1:
            found = x > 2
        x = x * x - x
    return found


def needed_behind_the_loop(x):
    t = n = 0
    while n < 3 + x and n < 6:
        n += 1
        t = 1 / (x - 0.5 * n)
    return t


def decides_nothing(x):
    a = 3.25 <= x / (x + 1) > x * (x * 3.25)
    n = 0
    if x >= x:
        return n
    while n < 5:
        n += np.floor(x)
    return n


FOR_FLAGS = [
    growing, one_side_divides, hides_it, needless_in_the_end, needless_after_some_turns, needed_behind_the_loop, decides_nothing,
]  # fmt: skip


@pytest.mark.parametrize("char", "df")
@pytest.mark.parametrize("function", FOR_FLAGS)
def test_warnings_are_those_of_active_lanes(function: Callable[..., Any], char: str) -> None:
    largest = float(np.finfo(char).max)
    for values in ([0.5, 1.5, 0.0], [largest, 1.5, 0.25], [largest, 0.0, -largest], [np.inf, 1.0, np.nan], [1e-30, 0.0, -1.0]):
        operand = np.resize(np.array(values, char), 101)
        made = vectorize(types.FunctionType(function.__code__, function.__globals__, function.__name__))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            got = made(operand)
        assert "lanes at a time" in made.accel.explain()
        with warnings.catch_warnings(record=True) as expected:
            warnings.simplefilter("always")
            want = [function(x) for x in operand]
        assert [str(w.message) for w in told] == [str(w.message) for w in expected]
        assert _same_numbers(got, want) or got.tolist() == want


def test_warnings_of_what_is_the_same_for_all_lanes() -> None:
    def many(x, y):
        a = 3.25 <= x / (x + 1) > x * (x * 3.25)
        b = x * 2 + x * 3 + x * 5 > x - 7
        for _ in range(y & 1):
            a = x + 1
        return 1 if a is b else 2

    made, y = vectorize(many), np.arange(53)
    for x in (np.inf, 1e308, 2.0):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            made(x, y)
        with warnings.catch_warnings(record=True) as expected:
            warnings.simplefilter("always")
            for n in y:
                many(np.float64(x), n)
        assert len(told) == len(expected)


@pytest.mark.parametrize("first", [0, *[pytest.param(first, marks=pytest.mark.slow) for first in (8, 16, 24)]])
def test_random_functions(first: int) -> None:
    verdicts = [compare_program(make_elementwise(seed), vectorize) for seed in range(first, first + 8)]
    assert [str(v.difference) for v in verdicts if v.difference] == []
    assert sum(v.in_lanes for v in verdicts) > 1


def by_libm(a, b):
    s = 0.0
    while a > 0.5 and s < 40:
        s += math.exp(-a) if b > a else math.log(a) + a % 0.75
        a = a - 0.5
    return s // 0.25


def divided(a, b):
    q = 0
    for i in range(1, 6):
        if b != i:
            q += a // (b - i) + a % (b - i)
    return q


@pytest.mark.parametrize(("function", "char"), [(by_libm, "d"), (by_libm, "f"), (divided, "l"), (divided, "i"), (divided, "b"), (divided, "d")])
def test_what_has_no_vector_instruction(function: Callable[..., Any], char: str) -> None:
    rng = np.random.default_rng(3)
    a, b = ((rng.normal(size=203) * 9).round(1 if char in "df" else 0).astype(char) for _ in range(2))
    made = compare(function, a, b)
    assert "lanes at a time" in made.accel.explain()
    compare(function, a, b.dtype.type(3))
    compare(function, a, 3)
    compare(function, a * 10, b)


def test_what_always_leaves_is_refused() -> None:
    text = "define { i64 } @lane(i64 %x) {\nentry:\n  br label %redo\nredo:\n  call void @lane.redo()\n  unreachable\n}"
    with pytest.raises(Unreadable, match="nothing but giving up"):
        write_lanes(Module(), Regions(read_function(text, "lane"), frozenset()), LaneShape(4, 1, 256), "lanes")
