"""Named tuples in compiled code: tuples whose items have names, and methods."""

import collections
import math
import typing

import pytest

import accel
from tests.exactness.agreement import agree_with_disabled


class Point(typing.NamedTuple):
    x: float
    y: float = 0.5

    def norm(self):
        return math.sqrt(self.x * self.x + self.y * self.y)

    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y)

    @property
    def slope(self):
        return self.y / self.x

    @staticmethod
    def unit():
        return Point(1.0)


Pair = collections.namedtuple("Pair", "first second", defaults=(3,))


class Odd(typing.NamedTuple):
    x: int

    def __add__(self, other):
        return "own"


class Derived(Point):
    pass


def items(p):
    return p.x, p[1], p[-1], p[:1], len(p), p + p, p == (p.x, p.y), (3.0, 4.0) == p, p != Pair(1, 2), p < (9,)


def unpacked(p):
    x, y = p
    s = 0.0
    for v in p:
        s += v
    return x - y, s, sum(p), max(p)


def methods(p):
    return p.norm(), p.plus(p), p.slope, Point.unit(), p.unit(), Point.norm(p)


def built(n):
    return Pair(n), Pair(second=n, first=(n, 2)), Point(n), Point(x=1.0, y=2), Pair(Point(1.0), None)


def classes(p):
    return isinstance(p, tuple), isinstance(p, Point), type(p) is Point, type(p) is tuple, p is None, bool(p)


def orbit(p, n):
    v = Point(0.0, 0.1)
    for _ in range(n):
        r = p.norm()
        v = v.plus(Point(-p.x / (r * r * r), -p.y / (r * r * r)))
        p = Point(p.x + v.x * 0.01, p.y + v.y * 0.01)
    return p


def left(p, n):
    k = p.first * n
    return Pair(p.first, k), p


P = Point(3.0, 4.0)
CASES = [
    (items, [(P,)]), (unpacked, [(P,)]), (methods, [(P,), (Point(0.0, 1.0),)]), (built, [(2,), (True,)]), (classes, [(P,)]), (orbit, [(P, 50)]),
    (left, [(Pair(3), 2), (Pair(2**62), 4), (Pair(2**70), 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "inputs"), CASES, ids=[function.__name__ for function, _ in CASES])
def test_compiled_code_gives_what_cpython_gives(function, inputs):
    compiled = agree_with_disabled(function, inputs)
    assert compiled.accel.compiled, compiled.accel.explain()


def test_classes_with_operators_of_their_own_and_derived_ones_are_left_to_cpython():
    @accel.fn
    def both(p):
        return p + p

    assert [both(Odd(1)) for _ in range(3)] == ["own"] * 3
    assert [both(Derived(1.0, 2.0)) for _ in range(3)] == [(1.0, 2.0, 1.0, 2.0)] * 3 and not both.accel.compiled

    @accel.fn
    def again(p):
        return p + p

    assert [again(P) for _ in range(3)] == [(3.0, 4.0, 3.0, 4.0)] * 3 and again.accel.compiled
    assert again(Odd(1)) == "own" and again(Derived(1.0, 2.0)) == (1.0, 2.0, 1.0, 2.0)


def test_another_class_with_the_same_items_is_another_kind():
    @accel.fn
    def again(p):
        return p

    for _ in range(3):
        assert [type(again(p)) for p in (P, Pair(3.0, 4.0), (3.0, 4.0))] == [Point, Pair, tuple]


def test_a_class_that_changes():
    class Gauge(typing.NamedTuple):
        x: int

        def read(self):
            return self.x

    @accel.fn
    def reading(g):
        return g.read() + Gauge(1).read()

    assert [reading(Gauge(2)) for _ in range(3)] == [3] * 3 and reading.accel.compiled
    Gauge.read = lambda self: self.x + 10
    assert [reading(Gauge(2)) for _ in range(3)] == [23] * 3
