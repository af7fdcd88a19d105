"""`__post_init__`: called with each struct that is made, in CPython and in compiled code alike."""

from __future__ import annotations

import dataclasses
import gc
import pickle
import sys

import numpy
import pytest

import accel
from tests.exactness.agreement import agree, agree_compiled, agree_with_disabled

SEEN = numpy.zeros(4, int)
LIMIT = 100


@accel.struct
class Span:
    low: float
    high: float = 10.0

    def __post_init__(self) -> None:
        SEEN[0] += 1
        if not self.low <= self.high:
            raise ValueError(f"{self.low} > {self.high}")

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    @staticmethod
    def around(x: float) -> Span:
        return Span(x - 1.0, x + 1.0)


@accel.struct
class Counted:
    n: int
    s: Span = Span(0.0, 1.0)  # noqa: RUF009  a value

    def __post_init__(self):
        if self.n * self.n > LIMIT:
            raise OverflowError
        SEEN[1] = self.n * 2**61


def made(a, b):
    s = Span(a, b)
    return s, s.high - s.low, Span(a), Span(low=a, high=a)


def added(s, n):
    for _ in range(n):
        s = s + Span(-1.0)
    return s


def caught(a, b):
    try:
        return Span(a, b)
    except ValueError as error:
        return str(error)


def counted(n):
    c = Counted(n)
    return c, c.n, c.s


def converted(n):
    return Span(n, True)


def statics(x):
    return Span.around(x)


NUMBERS = [(1.0, 2.0), (2.0, 1.0), (float("nan"), 1.0), (0.0, 0.0), (11.0, 12.0)]


@pytest.mark.parametrize("function", [made, caught])
def test_fields_are_looked_at(function):
    agree_compiled(function, *[lambda v=v: v for v in NUMBERS])


def test_values_of_other_types():
    agree_compiled(converted, *[lambda n=n: (n,) for n in (0, 1, 2, -(2**63))])


def test_calls_in_methods():
    agree_compiled(added, lambda: (Span(1.0), 5), lambda: (Span(1.0, 1.5), 3))
    agree_compiled(statics, lambda: (1.0,), lambda: (float("nan"),))


def test_it_goes_on_in_cpython():
    agree_compiled(counted, *[lambda n=n: (n,) for n in (0, 1, 3, 4, 10, 11, 2**40, -(2**62))])


def test_it_is_called_once():
    made_ = accel.fn(made)
    for _ in range(4):
        SEEN[0] = 0
        made_(1.0, 2.0)
        assert SEEN[0] == 3


def test_effects_in_loops():
    @accel.struct
    class Told:
        n: int

        def __post_init__(self):
            SEEN[self.n] += 1

    def tell(k):
        total = 0
        for i in range(k):
            total += Told(i % 5).n
        return total

    SEEN[:] = 0
    with accel.disabled(), pytest.raises(IndexError):
        tell(7)
    expected = SEEN.tolist()
    run = accel.fn(tell)
    for _ in range(4):
        SEEN[:] = 0
        with pytest.raises(IndexError):
            run(7)
        assert SEEN.tolist() == expected


def test_it_is_replaced():
    @accel.struct
    class Plain:
        x: float

    def make(x):
        return Plain(x).x

    run = accel.fn(make)
    for _ in range(3):
        assert run(-1.0) == -1.0 and Plain(-1.0).x == -1.0

    def refuse(self):
        if self.x < 0:
            raise ValueError(self.x)

    def refuse_more(self):
        raise KeyError

    for post, error in ((refuse, ValueError), (refuse_more, KeyError), (staticmethod(refuse), TypeError), (None, TypeError), (3, TypeError)):
        Plain.__post_init__ = post
        if post is None:
            continue
        for _ in range(3):
            with pytest.raises(error):
                Plain(-1.0)
            with pytest.raises(error):
                Plain(-1)
            with pytest.raises(error):
                run(-1.0)
    del Plain.__post_init__
    for _ in range(3):
        assert run(-1.0) == -1.0 and Plain(-1.0).x == Plain(-1).x == -1.0


def test_no_references_are_lost():
    value = float("1.5e300")
    before = sys.getrefcount(value)
    for _ in range(100):
        Span(-1.0, value)
        with pytest.raises(ValueError, match="1"):
            Span(float("inf"), value)
    gc.collect()
    assert sys.getrefcount(value) == before


def test_what_makes_structs_otherwise():
    SEEN[0] = 0
    s = Span(1.0)
    assert dataclasses.replace(s, low=2.0) == Span(2.0)
    with pytest.raises(ValueError, match="50"):
        dataclasses.replace(s, low=50.0)
    count = int(SEEN[0])
    assert pickle.loads(pickle.dumps(s)) == s and SEEN[0] == count  # it has been looked at


def test_it_makes_others_of_its_class():
    @accel.struct
    class Chain:
        n: int

        def __post_init__(self):
            if self.n > 0:
                Chain(self.n - 1)
            elif self.n < -2:
                raise ValueError(self.n)

    def chain(n):
        return Chain(n).n

    agree(chain, lambda: (5,), lambda: (-3,), lambda: (0,))


@pytest.mark.parametrize("result", [1, 2.5, (1, 2)])
def test_what_it_gives_is_left_alone(result):
    @accel.struct
    class Odd:
        n: int

        def __post_init__(self):
            return result

    def make(n):
        return Odd(n)

    agree_with_disabled(make, [(1,), (2,)])


def test_records_are_no_structs_that_are_made():
    a = Span.array(2)
    SEEN[0] = 0
    a[0].low = 50.0
    assert SEEN[0] == 0

    @accel.fn
    def make(a):
        return Counted(1, a[0]).s

    with pytest.raises(ValueError, match="50"):
        Span(a[0].low, a[0].high)
    for _ in range(3):
        assert make(a) == Counted(1, a[0]).s


def test_it_sets_nothing():
    with pytest.raises(accel.DecorationError, match="sets fields"):

        @accel.struct
        class Normal:
            x: float

            def __post_init__(self):
                object.__setattr__(self, "x", 1.0)

    @accel.struct
    class Tries:
        x: float

        def __post_init__(self):
            self.x = 2.0  # type: ignore[misc]

    def make(x):
        return Tries(x)

    made = accel.fn(make)
    for _ in range(3):
        for call in (make, made, Tries):
            with pytest.raises(accel.FrozenInstanceError):
                call(1.0)
