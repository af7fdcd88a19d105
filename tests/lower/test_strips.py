"""Straight loops that run in strips with their checks put off: every event in a strip is found, at its very turn."""

import numpy
import pytest

from tests.exactness.agreement import agree, agree_compiled, decorated

SIZES = (0, 1, 31, 32, 33, 65, 100)


def axpy(a, x, y):
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]
    return y


def dot(x, y):
    s = 0
    for i in range(len(x)):
        s += x[i] * y[i]
    return s


def shifted(x, y, k):
    for i in range(len(x)):
        y[i] = x[i + k] * 2
    return y


def stencil(x, y):
    for i in range(1, len(x) - 1):
        y[i] = x[i - 1] + x[i] + x[i + 1]
    return y


def recurrence(x):
    for i in range(1, len(x)):
        x[i] = x[i - 1] * 0.5 + 1.0
    return x


def backwards(x, y):
    for i in range(len(x) - 1, -1, -1):
        y[i] = x[i] + i
    return y


def numbers(size):
    return numpy.arange(size) * 0.5


@pytest.mark.parametrize("size", SIZES)
def test_every_number_of_turns(size):
    agree_compiled(axpy, lambda: (1.5, numbers(size), numbers(size)))
    agree_compiled(dot, lambda: (numbers(size), numbers(size)), lambda: (numpy.arange(size), numpy.arange(size)))
    agree_compiled(backwards, lambda: (numbers(size), numbers(size)))
    agree_compiled(stencil, lambda: (numbers(size + 2), numbers(size + 2)))


@pytest.mark.parametrize("turn", [0, 31, 63, 99])
@pytest.mark.parametrize("event", [numpy.inf, numpy.nan, 1e308])
def test_warnings_come_at_their_turn(turn, event):
    def make():
        x = numbers(100)
        x[turn] = event
        return 10.0, x, numbers(100)[::-1] - 20

    agree_compiled(axpy, make)
    agree_compiled(dot, lambda: make()[1:])


@pytest.mark.parametrize("turn", [0, 32, 99])
def test_ints_that_leave_their_bits(turn):
    def make():
        x = numpy.arange(100)
        x[turn] = 2**62
        return x, numpy.full(100, 3)

    agree_compiled(dot, make)
    agree_compiled(shifted, lambda: (*make(), 0))


@pytest.mark.parametrize("k", [-70, -1, 0, 1, 40])
def test_subscripts_that_leave_the_array(k):
    agree_compiled(shifted, lambda: (numbers(100), numbers(100), k))


@pytest.mark.parametrize("shift", [-33, -1, 0, 1, 2, 31, 40])
def test_arrays_that_overlap(shift):
    def make():
        whole = numbers(200)
        return 2.0, whole[50:150], whole[50 + shift : 150 + shift]

    agree_compiled(axpy, make)
    agree_compiled(stencil, lambda: make()[1:])
    agree_compiled(shifted, lambda: (*make()[1:], 0))


def test_a_loop_that_reads_what_it_stored():
    agree_compiled(recurrence, *[lambda n=n: (numbers(n),) for n in SIZES])


def test_arrays_of_every_layout():
    agree_compiled(axpy, lambda: (2.0, numbers(200)[::2], numbers(100)[::-1]), lambda: (2.0, numbers(100), numpy.zeros(100, "f4")))
    agree(axpy, lambda: (2.0, numbers(100), numpy.broadcast_to(0.0, 100)), lambda: (2, numpy.arange(100), numpy.zeros(100, "i1")))


def test_a_store_that_does_not_fit_leaves_what_came_before():
    agree(axpy, lambda: (2.0, numbers(100), numpy.zeros(50)), lambda: (1, numpy.arange(100), numpy.zeros(100, "u1")))


def test_what_is_left_over_after_an_error_is_what_cpython_leaves():
    def run(function):
        y = numpy.zeros(70)
        with pytest.raises(IndexError) as raised:
            function(2.0, numbers(100), y)
        return y.tolist(), str(raised.value)

    made = decorated(axpy)
    assert run(made) == run(axpy) and made.accel.compiled
