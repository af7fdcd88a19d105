"""Objects become values: every kind of number and array, whatever its layout, exactly."""

import math
import sys

import numpy
import pytest

from accel.lower.unbox import is_unboxable
from accel.types.kinds import Array, Int, NoneKind, Range, RangeIterator, Scalar, Static, Tuple
from tests.exactness.agreement import agree, agree_compiled, decorated

CHARS = "?bBhHiIlLqQefdFD"


class Row(numpy.ndarray):
    @property
    def shape(self):
        return "a subclass"


def through(x):
    return x, x == x


def total(a):
    s = 0.0
    for x in a:
        s += x
    return s, a.shape


INTS = [0, 1, -1, 255, 2**29, 2**30 - 1, 2**30, -(2**30), 2**59, 2**60, -(2**60), 2**62 + 12345, 2**63 - 1, -(2**63)]
BEYOND = [2**63, -(2**63) - 1, 2**64, 2**90, -(2**200)]


@pytest.mark.parametrize("value", INTS + BEYOND)
def test_ints_of_every_length(value):
    made = decorated(through)
    for other in (1, value, -value, value):
        assert made(other) == (other, True)
    assert made.accel.compiled


@pytest.mark.parametrize("value", [0.0, -0.0, 5e-324, math.inf, -math.inf, 1e308, 0.1])
def test_floats(value):
    got = decorated(through)(value)[0]
    assert math.copysign(1, got) == math.copysign(1, value) and got == value


@pytest.mark.parametrize("char", CHARS)
def test_numpy_scalars_at_their_limits(char):
    type_ = numpy.dtype(char)
    if type_.kind in "iu":
        values = [numpy.iinfo(type_).min, numpy.iinfo(type_).max, 1]
    elif type_.kind in "fc":
        values = [numpy.finfo(type_).max, numpy.finfo(type_).tiny, -0.0, 1.5]
    else:
        values = [True, False]
    agree_compiled(through, *[lambda v=v: (type_.type(v),) for v in values])


@pytest.mark.parametrize("char", "?bBhHiIlLefdFD")
@pytest.mark.parametrize("layout", ["C", "A", "reversed", "read-only", "empty"])
def test_arrays(char, layout):
    def make():
        a = numpy.arange(6).astype(char)
        if layout == "read-only":
            a.flags.writeable = False
        return ({"A": a[::2], "reversed": a[::-1], "empty": a[:0]}.get(layout, a),)

    agree_compiled(total, make)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 0, 3), (1, 2, 1, 2)])
def test_dimensions(shape):
    def sizes(a):
        return a.ndim, a.shape, a.size, a.T.shape

    agree_compiled(sizes, lambda: (numpy.zeros(shape),), lambda: (numpy.zeros(shape, order="F"),))


def test_what_only_looks_like_an_array_of_the_kind():
    swapped, packed = numpy.arange(3.0).astype(">f8"), numpy.zeros(3, [("b", "i1"), ("x", "f8")])["x"]
    agree(total, lambda: (numpy.arange(3.0),), lambda: (swapped,), lambda: (packed,), lambda: (numpy.arange(3.0).view(Row),),
          lambda: (numpy.ma.masked_array([1.0, 2.0], [0, 1]),), lambda: (numpy.arange(3).astype(object),))  # fmt: skip


def test_tuples_by_item():
    def swapped(t):
        (a, b), c = t
        return (b, a), c

    agree_compiled(swapped, lambda: (((1, 2.5), None),), lambda: ((("x", 2.5), None),), lambda: (((1, 2.5, 3), None),), lambda: (((1, 2.5), 1),))


def test_a_call_takes_no_references():
    array, big = numpy.ones(4), 2**40 + 1
    made = decorated(total)
    for _ in range(3):
        made(array)
    counts = sys.getrefcount(array), sys.getrefcount(big)
    for _ in range(100):
        made(array)
    assert (sys.getrefcount(array), sys.getrefcount(big)) == counts


def test_which_kinds_are_arguments():
    assert is_unboxable(Tuple((Int(), Array("d", 2), Scalar("e")))) and is_unboxable(NoneKind())
    assert not is_unboxable(RangeIterator()) and not is_unboxable(Static(len)) and not is_unboxable(Tuple((Range(),)))
