"""Integers modulo a number: exact, with inverses, division and powers."""

import itertools
import random

import numpy as np
import pytest

import accel
from accel.testing import check_numeric_type
from accel.types import Mod
from tests.differential.counters import require_compiled

LARGE = 2**63 - 25  # a prime


@pytest.mark.parametrize("p", [998244353, *[pytest.param(p, marks=pytest.mark.slow) for p in (1, 12, 2**61 - 1, LARGE)]])
def test_contract(p):
    number = Mod[p]
    check_numeric_type(number, [number(n) for n in (0, 3, p - 1, p + 3, p // 2)])


def test_small_modulus_against_integers():
    for a, b in itertools.product(range(12), repeat=2):
        one, other = Mod[12](a), Mod[12](b)
        assert (int(one + other), int(one - other), int(one * other), int(-one)) == ((a + b) % 12, (a - b) % 12, a * b % 12, -a % 12)
        assert int(one**b) == a**b % 12
        if b in (1, 5, 7, 11):
            assert (one / other) * other == one and other.inverse() * other == 1 + Mod[12](0) and int(other**-2) == pow(b, -2, 12)
        else:
            with pytest.raises(ZeroDivisionError, match="shares a factor with the modulus"):
                one / other


@pytest.mark.parametrize("p", [998244353, 3037000500, 3037000507, 2**61 - 1, LARGE])
def test_large_moduli(p):
    chosen = random.Random(p)
    for _ in range(50):
        a, b, n = chosen.randrange(p), chosen.randrange(p), chosen.randrange(2**62)
        assert int(Mod[p](a) * Mod[p](b)) == a * b % p and int(Mod[p](a) ** n) == pow(a, n, p) and int(Mod[p](a) + Mod[p](b)) == (a + b) % p
        assert int(Mod[p](a) * b) == int(b * Mod[p](a)) == a * b % p and int(5 - Mod[p](a)) == (5 - a) % p


def test_values_stand_for_their_remainders():
    assert Mod[7](10) == Mod[7](3) and hash(Mod[7](10)) == hash(Mod[7](3)) and int(Mod[7](-1)) == 6 and bool(Mod[7](7)) is False
    assert Mod[7](3) != 3 and Mod[7](3) != Mod[5](3) and Mod[7](3) + np.uint8(250) == Mod[7](253)
    for wrong in (2.0, "2", Mod[5](2)):
        with pytest.raises(TypeError):
            Mod[7](3) * wrong
    with pytest.raises(TypeError):
        Mod[7](3) < Mod[7](4)
    with pytest.raises(AssertionError, match="a modulus is from 1 to 2\\*\\*63 - 1"):
        Mod[2**63].of(3)


def test_in_compiled_code_and_arrays():
    M = Mod[998244353]

    @accel.fn
    def evaluate(coefficients, x):
        total = M(0)
        for c in coefficients:
            total = total * x + c
        return total / (x + 1)

    coefficients = M.array(50)
    for k in range(50):
        coefficients[k] = M(k * k)
    with accel.disabled():
        wanted = evaluate(coefficients, M(12345))
    assert [evaluate(coefficients, M(12345)) for _ in range(3)] == [wanted] * 3
    require_compiled(evaluate)
