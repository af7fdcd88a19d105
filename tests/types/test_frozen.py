"""Frozen dataclasses with slots, as they are: in machine code where their fields hold what they are annotated to hold, in CPython otherwise."""

from __future__ import annotations

import dataclasses
import math

import numpy
import pytest

import accel
from accel.types.frozen import find_layout
from tests.exactness.agreement import agree, agree_compiled, agree_with_disabled

frozen = dataclasses.dataclass(frozen=True, slots=True)
SEEN = numpy.zeros(1, int)


@frozen
class Vec:
    x: float
    y: float = 0.0

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)

    def __bool__(self):
        return self.x != 0.0

    def norm(self) -> float:
        return math.sqrt(self.x * self.x + self.y * self.y)

    @property
    def slope(self):
        return self.y / self.x

    @classmethod
    def unit(cls):
        return cls(1.0)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Body:
    at: Vec
    n: int = 3
    tag: tuple[int, bool] = (1, True)
    _: dataclasses.KW_ONLY
    mass: float = dataclasses.field(default=1.0, compare=False)

    def __post_init__(self):
        SEEN[0] += 1
        if self.n < 0:
            raise ValueError(self.n)


@frozen
class Holder:
    b: Body

    def __eq__(self, other):
        return "own"


def used(v, k):
    w = v + Vec(k) + Vec(x=k, y=2.0)
    return w, w.norm(), w.slope, v == w, v != w, Vec.unit(), v.unit(), (1 if v else 2), w.x


def loop(v, n):
    for _ in range(n):
        v = v + Vec(0.5, 0.25)
    return v


def test_methods_operators_and_calls():
    agree_compiled(used, *[lambda a=a, k=k: (Vec(*a), k) for a in ((1.0,), (0.0, 2.0), (float("nan"), -1.0)) for k in (0.0, 3.5)])
    agree_compiled(loop, lambda: (Vec(1.0), 10), lambda: (Vec(0.0, 1.0), 1))
    agree_with_disabled(loop, [(Vec(1.0), 0)])  # an equal object: not the argument itself


def other_values(v, k):
    return v + v, Vec(k), Vec(k).x, Vec(v.y, k)


@pytest.mark.filterwarnings("ignore::accel.FallbackHint")
def test_fields_may_hold_anything():
    agree_with_disabled(other_values, [(Vec(1, 2), 3), (Vec(1.0, 2), 3.5), (Vec(1.0), True), (Vec(2**70), 1.0), (Vec(1.5, numpy.float64(2)), 1.0), (Vec(1.0), 2.0)])
    agree_with_disabled(other_values, [(Vec("a", "b"), None), (Vec(1.0), [1]), (Vec(None), 1.0)])


def test_post_init_and_keywords():
    def made(b, n):
        c = Body(b.at, n)
        return c, c == b, Body(b.at, n, mass=0.5) == c, c.at.x, c.mass, c.tag[1]

    agree_compiled(made, *[lambda n=n: (Body(Vec(1.0)), n) for n in (3, 4, -1, 2**62)])
    run = accel.fn(made)
    for _ in range(4):
        SEEN[0] = 0
        run(Body(Vec(1.0)), 3)
        assert SEEN[0] == 3


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int = 0


def ordered(a, b):
    return a < b, a <= b, a > b, a >= b, (a, 1) < (b, 1), a == b


def bodies_ordered(a, b):
    return a < b


def test_order():
    agree_compiled(ordered, lambda: (Version(1, 2), Version(1, 3)), lambda: (Version(1), Version(1)))
    agree_with_disabled(bodies_ordered, [(Body(Vec(1.0)), Body(Vec(1.0), 4)), (Body(Vec(1.0)), Body(Vec(2.0)))])


def compared(a, b):
    return a == b, (a,) == (b,), a != b


def test_comparisons_of_ones_own():
    a, b = Holder(Body(Vec(1.0))), Holder(Body(Vec(2.0)))
    agree_with_disabled(compared, [(a, b), (a, a)])


def test_which_are_taken():
    class Setting:
        x: float

        def __post_init__(self):
            object.__setattr__(self, "x", 1.0)

    class Derived(Vec):
        pass

    class Hooked:
        x: float

        def __getattribute__(self, name):
            return 3

    class Listed:
        x: list[int]

    plain = dataclasses.dataclass(frozen=True)(type("Plain", (), {"__annotations__": {"x": float}}))
    changing = dataclasses.dataclass(slots=True)(type("Changing", (), {"__annotations__": {"x": float}}))
    without = dataclasses.dataclass(frozen=True, slots=True, eq=False)(type("Without", (), {"__annotations__": {"x": float}}))
    left = [frozen(Setting), Derived, frozen(Hooked), frozen(Listed), plain, changing, without]
    assert [find_layout(class_) for class_ in left] == [None] * len(left)
    assert find_layout(Vec) is not None and find_layout(Body) is not None

    def read(v):
        return v.x

    for class_ in left:
        agree_with_disabled(read, [(class_(2.0),)] * 2)


def test_objects_of_other_classes():
    class Derived(Vec):
        __slots__ = ("z",)

    def norm(v):
        return v.norm(), v.x

    run = accel.fn(norm)
    for v in (Vec(3.0, 4.0), Derived(3.0, 4.0), Vec(3.0, 4.0), Vec(3, 4)):
        for _ in range(3):
            assert run(v) == (5.0, 3.0)
    empty = object.__new__(Vec)
    with pytest.raises(AttributeError):
        run(empty)


def test_the_class_is_changed():
    @frozen
    class Box:
        x: float

    @accel.struct
    class Cell:
        x: float

    def read(b):
        return b.x, b == type(b)(1.0), type(b)(2.0).x

    for class_ in (Box, Cell):
        run = accel.fn(read)
        for _ in range(3):
            assert run(class_(1.0)) == (1.0, True, 2.0)
        slot = class_.x
        class_.x = property(lambda self: 7.0)
        for _ in range(3):
            b = object.__new__(class_)
            slot.__set__(b, 1.0)
            with accel.disabled():
                expected = outcome_of(read, b)
            assert outcome_of(run, b) == expected
        class_.x = slot
        class_.__getattribute__ = lambda self, name: 8.0 if name == "x" else object.__getattribute__(self, name)
        for _ in range(3):
            assert run(class_(1.0))[::2] == (8.0, 8.0)
        del class_.__getattribute__
        if class_ is Box:
            Box.__init__ = lambda self, x: slot.__set__(self, x + 1)
            for _ in range(3):
                assert run(Box(0.0)) == (1.0, False, 3.0)


def outcome_of(function, b):
    try:
        return function(b)
    except Exception as error:
        return type(error), str(error)


def test_methods_decorated():
    @frozen
    class Account:
        balance: float
        rate: float

        @accel.fn
        def after(self, years: int) -> float:
            b = self.balance
            for _ in range(years):
                b *= 1.0 + self.rate
            return b

    a = Account(100.0, 0.05)
    expected = Account.after.__wrapped__(a, 5) if hasattr(Account.after, "__wrapped__") else 100.0 * 1.05**5
    for _ in range(3):
        assert math.isclose(a.after(5), expected)
    assert "compiled" in Account.after.accel.explain()
    agree(used, lambda: (Vec(1.0), 2.0))
