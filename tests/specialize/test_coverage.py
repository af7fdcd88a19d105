"""Results that need no test, because a later one tells: none is forgotten."""

import itertools

import numpy
import pytest

from accel.specialize.coverage import tells
from tests.exactness.agreement import agree_compiled
from tests.specialize.plans import instructions, plan_for


def distance(x, y, out):
    for i in range(len(x)):
        d = x[i] * y[i] + x[i]
        out[i] = d * 2.0 - y[i]
    return out


def lost(x, y, out):
    for i in range(len(x)):
        d = x[i] * y[i]
        out[i] = 1.0 / d
    return out


def unused(x, y, out):
    for i in range(len(x)):
        d = x[i] * y[i]
        out[i] = y[i]
    return out


def carried(x, y, out):
    s = x[0]
    for i in range(len(x)):
        s = s + x[i] * y[i]
    out[0] = s
    return out


FUNCTIONS = [distance, lost, unused, carried]


def arrays():
    return numpy.linspace(1, 2, 70), numpy.linspace(2, 3, 70), numpy.zeros(70)


def test_what_tells_about_what():
    typed = plan_for(distance, *arrays()).root
    operations = [i for i in instructions(typed, "binary") if tells(typed, i)]
    assert typed.covered and typed.covered < {id(i) for i in operations}
    assert set(typed.tested.values()) == {((0, "d"),)}
    typed = plan_for(carried, *arrays()).root
    assert "s" in {name for names in typed.carried.values() for name in names}


def test_ints_and_what_is_below_a_division_do_not_tell():
    typed = plan_for(lost, *arrays()).root
    products = [i for i in instructions(typed, "binary") if i.detail == "*" and id(i) in typed.target_kinds]
    assert products and not {id(i) for i in products} & typed.covered
    typed = plan_for(carried, *[numpy.arange(70)] * 3).root
    assert not any(tells(typed, i) for i in instructions(typed, "binary"))


@pytest.mark.parametrize("function", FUNCTIONS, ids=[f.__name__ for f in FUNCTIONS])
@pytest.mark.parametrize(("turn", "value"), list(itertools.product((0, 33, 69), (numpy.inf, numpy.nan, 0.0, 1e200))))
def test_every_warning_is_given(function, turn, value):
    def make():
        x, y, out = arrays()
        x[turn], y[turn] = value, value * 1e120
        return x, y, out

    agree_compiled(function, make)


def total(x, s):
    for i in range(len(x)):
        s += x[i]
    return s


def total_if(x, s):
    for i in range(len(x)):
        if x[i] != 3:
            s = s - x[i] + i
    return s


def python_total(x, s):
    for i in range(len(x)):
        s += i * 3 - (s > 0)
    return s


@pytest.mark.parametrize("function", [total, total_if, python_total], ids=lambda f: f.__name__)
@pytest.mark.parametrize("start", [0, 5, 2**61, -(2**61), 2**62, 2**63 - 1, -(2**63), 2**63 - 40, numpy.int64(2**63 - 99), numpy.int16(7)])
def test_integer_sums_leave_64_bits_where_cpython_says(function, start):
    def make(char, at, value):
        x = numpy.arange(70) % 5
        x[at] = value
        return x.astype(char), start

    cases = [("l", at, v) for at in (1, 40) for v in (2, 2**54, -(2**54), 2**62, 2**63 - 1, -(2**63))]
    cases += [("b", 3, 100), ("H", 3, 60000), ("Q", 3, 2)]
    agree_compiled(function, *(lambda c=c: make(*c) for c in cases))


def test_which_sums_are_tested_by_their_steps():
    def reset(x, s):
        for i in range(len(x)):
            s += x[i]
            if s > 100:
                s = 0
        return s

    for function in (total, total_if):
        assert plan_for(function, numpy.arange(3), 0).root.summed, function.__name__
    for function, char in ((reset, "l"), (total, "i"), (total, "d")):
        assert not plan_for(function, numpy.arange(3).astype(char), 0).root.summed, function.__name__
