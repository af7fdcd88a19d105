"""Elements, slices, views and attributes of arrays, with indexes of every sign and size."""

import itertools

import numpy
import pytest

from tests.exactness.agreement import agree, agree_compiled

BIG = 2**63 - 1
INDEXES = [0, 1, 4, 5, -1, -5, -6, BIG, -BIG - 1, 2**70, True, numpy.int8(-1), numpy.uint64(2**63), numpy.int64(4)]
BOUNDS = [None, 0, 1, 4, 6, -1, -4, -6, BIG, -BIG - 1]
STEPS = [None, 1, 2, 7, -1, -3, BIG, -BIG - 1]


def line():
    return numpy.arange(5.0)


def grid():
    return numpy.arange(12).reshape(3, 4)


def got(a, i):
    return a[i]


def stored(a, i):
    a[i] = 9
    a[i] += 0.5
    return a


def got_2(a, i, j):
    return a[i, j], a[i][j], a[i]


def cut(a, start, stop, step):
    part = a[start:stop:step]
    return part, len(part), part.strides


def cut_2(a, i, start, step):
    return a[i, start::step], a[start::step, i], a[::step, start:]


def filled(a, start, stop):
    a[start:stop] = 7
    return a


def copied(a, b, start):
    a[start:] = b
    return a


def described(a):
    return a.shape, a.ndim, a.size, a.itemsize, a.nbytes, len(a), a.T, a.dtype is numpy.dtype("float64")


@pytest.mark.parametrize("index", INDEXES, ids=repr)
def test_elements(index):
    agree(got, lambda: (line(), 0), lambda: (line(), index), lambda: (grid(), index), lambda: (line()[::-2], index))
    agree(stored, lambda: (line(), 0), lambda: (line(), index), lambda: (line()[::-1], index))


def test_elements_compile():
    agree_compiled(got, *[lambda i=i: (line(), i) for i in (0, -5, 5)])
    agree_compiled(stored, *[lambda i=i: (line(), i) for i in (0, -5, 5)])
    agree_compiled(got_2, *[lambda i=i, j=j: (grid(), i, j) for i, j in itertools.product((0, -1, 2, 3, -4), repeat=2)])


@pytest.mark.parametrize("step", STEPS)
def test_slices(step):
    agree_compiled(cut, *[lambda i=i, j=j: (line(), i, j, step) for i, j in itertools.product(BOUNDS, repeat=2)])


def test_slices_of_several_dimensions():
    agree_compiled(cut_2, *[lambda i=i, j=j, k=k: (grid(), i, j, k) for i, j, k in itertools.product((0, -1, 2), (1, -2, 9), (1, 2, -1))])
    agree(cut_2, lambda: (grid(), 7, 0, 1), lambda: (grid(), 0, 0, 0))


def test_stores_to_slices():
    agree(filled, *[lambda i=i, j=j: (line(), i, j) for i, j in itertools.product((0, 2, -2, 9, -9), repeat=2)])
    agree(copied, lambda: (line(), line()[1:], 1), lambda: (line(), line(), 1), lambda: (line(), 3.5, -2))


def test_stores_where_source_and_target_are_one():
    def shifted(a):
        a[1:] = a[:-1]
        a[:-1] = a[::-1][1:]
        for i in range(1, len(a)):
            a[i] = a[i - 1] + 1
        return a

    agree_compiled(shifted, lambda: (line(),), lambda: (line()[::-1],))


@pytest.mark.parametrize("make", [line, lambda: grid() * 1.0, lambda: grid().T * 1.0, lambda: line()[::2]])
def test_attributes(make):
    agree(described, lambda: (make(),))


@pytest.mark.parametrize("chars", ["bd", pytest.param("BlLfD?", marks=pytest.mark.slow)])
def test_stored_values_are_converted_as_numpy_does(chars):
    def store(a, x):
        a[0] = x
        return a

    values = [1, -1, 300, 2**40, 2**70, 1.5, -1.5, 1e30, float("nan"), True, 2j, numpy.float32(0.1), numpy.int8(-3), numpy.uint64(2**63)]
    for char in chars:
        agree(store, *[lambda x=x, char=char: (numpy.zeros(2, char), x) for x in values])


def test_a_view_outlives_its_array():
    def part():
        a = numpy.zeros(1000)
        a[500] = 3.0
        return a[500:502]

    agree(part, lambda: ())
