"""Dual numbers: values as without, derivatives along the way."""

import math

import numpy as np
import pytest

import accel
from accel.testing import check_numeric_type
from accel.types import Dual, Float32, Float64
from tests.differential.counters import require_compiled

D = Dual[float, 1]


@pytest.mark.parametrize(("of", "count"), [(float, 1), *[pytest.param(*given, marks=pytest.mark.slow) for given in ((float, 2), (Float32, 1), (Float64, 3))]])
def test_contract(of, count):
    number = Dual[of, count]
    check_numeric_type(number, [number(of(a), (of(b),) * count) for a, b in ((0.0, 1.0), (-1.5, 1.0), (3.0, 2.0), (3.0, 2.0), (math.inf, 1.0))])


@pytest.mark.parametrize(
    ("operation", "slope"),
    [
        (lambda x: x + 2, lambda x: 1.0),
        (lambda x: 2 - x, lambda x: -1.0),
        (lambda x: x * x * 3.0, lambda x: 6.0 * x),
        (lambda x: 1 / x, lambda x: -1 / x / x),
        (lambda x: x / 4, lambda x: 0.25),
        (lambda x: x**3, lambda x: 3 * x**2),
        (lambda x: x**0, lambda x: 0.0),
        (lambda x: x**-0.5, lambda x: -0.5 * x**-1.5),
        (lambda x: 2**x, lambda x: 2**x * math.log(2)),
        (lambda x: x**x, lambda x: x**x * 1 + x**x * math.log(x)),
        (lambda x: x % 1, lambda x: 1.0),
        (lambda x: 7 % x, lambda x: -float(7 // x)),
        (lambda x: x // 1, lambda x: 0.0),
        (lambda x: -abs(-x), lambda x: -1.0),
    ],
)
def test_operators(operation, slope):
    for x in (0.75, 2.5, 3):
        found = operation(D(x, (1.0,)))
        assert found.value == operation(float(x)) and type(found.value) is float
        assert found.partials[0] == pytest.approx(slope(float(x)), rel=4e-16)


def test_at_the_edges():
    zero = D(0.0, (1.0,))
    assert abs(zero).partials == (0.0,) and (zero**2).partials == (0.0,) and (zero**1).partials == (1.0,) and (zero**0).partials == (0.0,)
    with pytest.raises(ZeroDivisionError):
        zero**0.5
    with pytest.raises(ZeroDivisionError):
        1 / zero
    with pytest.raises(ValueError, match="complex"):
        D(-1.0, (1.0,)) ** 0.5
    with pytest.raises(ValueError, match="no derivative in its exponent"):
        (-2.0) ** D(2.0, (1.0,))
    with pytest.raises(TypeError):
        float(zero)
    with pytest.raises(TypeError):
        math.sin(zero)
    with pytest.raises(TypeError):
        np.sin(zero)


def test_directions():
    x, y = Dual[float, 2](2.0, (1.0, 0.0)), Dual[float, 2](3.0, (0.0, 1.0))
    assert (x * y + x / y).partials == pytest.approx((3.0 + 1 / 3.0, 2.0 - 2.0 / 9.0))
    with pytest.raises(TypeError):
        x + D(1.0, (1.0,))


def test_in_compiled_code_fields_and_arrays():
    @accel.struct
    class State:
        at: D
        speed: D

    @accel.fn
    def fall(state, n):
        for _ in range(n):
            state = State(state.at + state.speed * 0.01, state.speed - 9.81 * 0.01)
        return state

    @accel.fn
    def total(numbers):
        s = D(0.0, (0.0,))
        for x in numbers:
            s += x * x
        return s

    start = State(D(0.0, (0.0,)), D(10.0, (1.0,)))
    with accel.disabled():
        wanted = fall(start, 50)
    assert [fall(start, 50) for _ in range(3)] == [wanted] * 3
    assert wanted.at.partials[0] == pytest.approx(0.5)
    numbers = D.array(4)
    for k in range(4):
        numbers[k] = D(float(k), (1.0,))
    assert [repr(total(numbers)) for _ in range(3)] == ["Dual[float, 1](value=14.0, partials=(12.0,))"] * 3
    require_compiled(fall)
    require_compiled(total)
