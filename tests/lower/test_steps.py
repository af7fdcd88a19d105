"""What each operation becomes: order of effects, references, what CPython does on behalf of compiled code."""

import sys

import numpy
import pytest

from tests.exactness.agreement import agree, agree_compiled, decorated


def chained(a, b, c):
    return a < b < c, a == b != c, not a < b <= c


def circuit(a, i):
    return i < len(a) and a[i] > 1.0, i >= len(a) or a[i]


def unpacked(t, n):
    (x, y), z = t
    x, *_ = (n, y) if n < 0 else (x, y), 1
    return x, y, z


def walrus(n):
    s = 0
    while (n := n - 1) > 0:
        s += n
    return s, n


def identities(x, y):
    return x is None, y is not None, x is x


def conditional(n, x):
    return (n if n > 2 else x) + (1 if x else 2)


def in_place(a, x):
    a += x
    a[1:] *= 2
    return a


def whole(a, b):
    c = a * b + 1
    d = numpy.sqrt(numpy.abs(c))
    return d.sum(), d[1:], c > d, a @ b, (a - b).max()


def callee(x, y=2, *, z=3):
    if x > 100:
        raise ValueError("too large")
    return x * y - z


def caller(n):
    s = 0
    for i in range(n):
        s += callee(i) + callee(i, 3) + callee(y=i, x=1, z=i)
    return s


def truths(x, a):
    return bool(x), not x, 1 if a else 0


@pytest.mark.parametrize("values", [(1, 2, 3), (3, 2, 1), (1.0, 1, True), (numpy.float32(1), 2, 3.0), (1, float("nan"), 2)], ids=repr)
def test_comparisons(values):
    agree_compiled(chained, lambda: values)


def test_what_is_not_reached_is_not_done():
    agree_compiled(circuit, *[lambda i=i: (numpy.arange(3.0), i) for i in (0, 2, 3, -4)])


def test_names_and_tuples():
    agree_compiled(walrus, *[lambda n=n: (n,) for n in (-1, 0, 1, 5)])
    agree(unpacked, lambda: (((1, 2.5), None), 3), lambda: (((1, 2.5), None), -3), lambda: ((1, 2), 3))
    agree_compiled(identities, lambda: (None, 1), lambda: (1, None))
    agree_compiled(conditional, *[lambda n=n, x=x: (n, x) for n in (1, 3) for x in (0, 2)])


def test_truth():
    agree_compiled(truths, *[lambda x=x: (x, 2) for x in (0, 1, -1)])
    agree(truths, *[lambda x=x, n=n: (x, numpy.zeros(n)) for x in (0.0, -0.0, float("nan"), 0j, None, ()) for n in (1, 2)])


def test_operations_on_whole_arrays():
    agree_compiled(whole, lambda: (numpy.arange(4.0), numpy.arange(4.0) - 2))
    agree(whole, lambda: (numpy.arange(4.0), numpy.arange(3.0)), lambda: (numpy.arange(4), numpy.full(4, 2**62)))
    agree(in_place, lambda: (numpy.arange(4.0), 2), lambda: (numpy.arange(4), 0.5), lambda: (numpy.arange(4), numpy.arange(4)))


def test_arguments_are_taken_as_ever():
    agree_compiled(caller, *[lambda n=n: (n,) for n in (0, 3, 101, 103)])


def test_arrays_made_inside_are_given_back():
    def kept(a, n):
        b = a
        for i in range(n):
            b = b + a
            if i == 2:
                b = b[:1]
        return b[0]

    made, array = decorated(kept), numpy.ones(3)
    for n in (0, 1, 5):
        agree(kept, lambda n=n: (numpy.ones(3), n))
        made(array, n)
    before = sys.getrefcount(array), len(__import__("gc").get_objects())
    for _ in range(200):
        made(array, 5)
    assert sys.getrefcount(array) == before[0] and len(__import__("gc").get_objects()) < before[1] + 50


def test_an_exception_of_a_callee_has_every_line():
    def outer(n):
        total = caller(n)
        return total + 1

    def lines(function):
        with pytest.raises(ValueError, match="too large") as raised:
            function(103)
        return [(entry.name, entry.lineno) for entry in raised.traceback][1:]

    made = decorated(outer)
    made(3)
    assert lines(made) == lines(outer) and made.accel.compiled
