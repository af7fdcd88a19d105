"""Structs in parallel loops: fields that are numbers are read on several threads."""

from __future__ import annotations

import numpy
import pytest

import accel

SIZE = 200_000


@accel.struct
class Line:
    at: float
    slope: float = 2.0
    n: int = 1


def fill(out, line, size):
    for i in range(size):
        out[i] = line.at + i * line.slope + line.n
    return out


def plain(line):
    with accel.disabled():
        return fill(numpy.zeros(1000), line, 1000)


def test_fields_are_read():
    run = accel.parallelize(fill)
    for line in (Line(1.0), Line(1.0), Line(float("nan"), -0.0), Line(1.0, 2.0, 2**63), Line(0.0, 1.0, -(2**63))):
        for _ in range(3):
            found = run(numpy.zeros(SIZE), line, SIZE)
            assert numpy.array_equal(found[:1000], plain(line), equal_nan=True)
    assert "on several threads" in run.accel.explain() and "it ran on one thread" not in run.accel.explain().partition("no two")[0]


@pytest.mark.filterwarnings("ignore::accel.FallbackHint")
def test_the_class_is_changed():
    seen = []

    @accel.struct
    class Point:
        at: float
        slope: float = 0.0
        n: int = 0

    run = accel.parallelize(fill)
    point = Point(1.0)
    for _ in range(3):
        assert run(numpy.zeros(SIZE), point, SIZE)[-1] == 1.0
    slot = Point.at
    Point.at = property(lambda self: seen.append(1) or float(len(seen)))
    assert run(numpy.zeros(10), point, 10).tolist() == [float(k) for k in range(1, 11)]
    Point.at = slot
    assert run(numpy.zeros(10), point, 10).tolist() == [1.0] * 10


def test_inout_of_another_class():
    class Other:
        at, slope, n = 1.0, 2.0, 0

    run = accel.parallelize(fill)
    for _ in range(3):
        assert run(numpy.zeros(10), Other(), 10)[1] == 3.0
        assert run(numpy.zeros(10), Line(1, 2, 0), 10)[1] == 3.0
