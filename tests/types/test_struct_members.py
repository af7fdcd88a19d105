"""Class methods, static methods and constants of structs, named tuples and records, asked of objects and of classes."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, NamedTuple

import pytest

import accel
from tests.exactness.agreement import agree_compiled, agree_with_disabled


@accel.struct
class Point:
    x: float
    y: float = 0.5
    _: dataclasses.KW_ONLY
    n: int = 4

    SCALE: ClassVar[int] = 3
    NAME: ClassVar[str] = "point"
    PAIR: ClassVar[tuple[int, float]] = (1, 2.5)

    @classmethod
    def unit(cls) -> Point:
        return cls(1.0)

    @classmethod
    def scaled(cls, k=2.0, *, n=1):
        if n > 90:
            raise ValueError(cls.NAME)
        return cls(k * cls.SCALE, n=n + 2**62)

    @staticmethod
    def next(x):
        return x + 1


class Pair(NamedTuple):
    first: int
    second: float

    @classmethod
    def of(cls, n):
        return cls(n, n + 0.5)


def on_objects(p, k):
    return p.unit(), p.scaled(k), p.scaled(n=-k), p.next(k), p.unit().scaled(1.5).n


def on_classes(p, k):
    return Point.unit(), Point.scaled(k, n=k), type(p).unit(), Point.next(k)


def on_pairs(t, k):
    return t.of(k), Pair.of(k), t.of(k).second


def constants(p, k):
    return p.SCALE + k, Point.SCALE, p.PAIR[1], p.NAME == "point", p.NAME == Point.NAME


def keyword_only(p, k):
    return Point(1.0, n=k), Point(n=k, x=p.x), Point(p.x, k)


@pytest.mark.parametrize("function", [on_objects, on_classes, constants, keyword_only])
def test_of_structs(function):
    agree_compiled(function, *[lambda k=k: (Point(2.0), k) for k in (0, 3, 95, -95, 2**62)])


def test_of_named_tuples():
    agree_compiled(on_pairs, lambda: (Pair(1, 2.0), 3))


def records(a, k):
    return a[0].unit(), a[1].scaled(k), a[1].next(k), a[0].SCALE, a[1].NAME == "point"


def test_of_records():
    a = Point.array(2)
    agree_with_disabled(records, [(a, 1), (a, 95), (a, 2**62)])


def too_many(p):
    return Point(1.0, 2.0, 3)


def test_keyword_only_fields_by_position():
    agree_with_disabled(too_many, [(Point(1.0),)])


def test_methods_are_replaced():
    @accel.struct
    class Box:
        x: float

        @classmethod
        def make(cls):
            return cls(1.0)

    def ask(b):
        return b.make().x

    run = accel.fn(ask)
    for _ in range(3):
        assert run(Box(0.0)) == 1.0
    Box.make = classmethod(lambda cls: cls(2.0))
    for _ in range(3):
        assert run(Box(0.0)) == 2.0
    Box.make = lambda self: self
    for _ in range(3):
        assert run(Box(0.0)) == 0.0


@pytest.mark.filterwarnings("ignore::accel.FallbackHint")
def test_factories():
    made = []

    @accel.struct
    class Fresh:
        x: tuple[int, float] = dataclasses.field(default_factory=lambda: made.append(1) or (len(made), 0.5))

    def make():
        return Fresh().x

    run = accel.fn(make)
    for _ in range(4):
        made.clear()
        assert run() == (1, 0.5) and len(made) == 1
    with pytest.raises(TypeError, match="takes tuple"):

        @accel.struct
        class Wrong:
            x: tuple[int] = dataclasses.field(default_factory=list)

        Wrong()
    with pytest.raises(accel.DecorationError, match="mutable default"):

        @accel.struct
        class Mutable:
            x: tuple[int] = dataclasses.field(default=[])  # noqa: RUF009  that is the point
