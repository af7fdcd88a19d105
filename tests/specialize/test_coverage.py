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
