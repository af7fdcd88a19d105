"""Elementary functions stay within their bounds, and the coefficients of their formulas can be found again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accel.lower.ulp_math import FORMULAS
from tests.accuracy.fits import FITS, constant_of, fit_anew
from tests.accuracy.measure import BOUNDS, apply, count_ulps, measure, types_of
from tests.accuracy.page import listed

CASES = [(name, char) for name in FORMULAS for char in types_of(name)]


@pytest.mark.parametrize(("name", "char"), CASES)
def test_errors_are_within_the_bounds(name, char):
    most, where, mean, count = measure(name, char, 10_000)
    assert most <= BOUNDS[name], where
    assert mean < 0.5 and count >= 9_000


def test_ulps_are_counted_right():
    x = np.array([1.0, 0.0, -0.0, 800.0, math.nan, -math.inf, -745.0, 709.782712893384])
    right = np.array([math.e, 1.0, 1.0, math.inf, math.nan, 0.0, math.exp(-745.0), math.exp(709.782712893384)])
    assert count_ulps("exp", [x], right).max() < 0.51
    off = np.nextafter(right[0], 3.0)
    assert count_ulps("exp", [x[:1]], np.array([off]))[0] == pytest.approx(1.0, abs=0.5)
    wrong = np.array([3.0, 0.0, 1.0, 1.7e308, 0.0, -0.0, 0.0, math.inf])
    errors = count_ulps("exp", [x], wrong)
    assert errors[0] > 1e14 and np.isinf(errors[4:6]).all() and errors[3] > 1e14 and errors[1] > 1e15 and 0.5 < errors[6] < 2.0 and errors[7] < 1e15
    assert np.isinf(count_ulps("sin", [x[2:3]], np.array([0.0]))[0])


def test_narrow_vectors_have_the_same_bits():
    values = np.random.default_rng(1).normal(size=1001) * 30
    for name in ("exp", "sin", "erfc"):
        assert np.array_equal(apply(name, [values], 1), apply(name, [values]))


@pytest.mark.parametrize("name", [n for n in FITS if n.split()[0] in ("exp", "tanh", "log2")])
def test_coefficients_are_found_again(name):
    coefficients, error = fit_anew(name)
    assert coefficients == constant_of(name)
    assert error < (2.0**-54 if "float64" in name else 2.0**-25)


def test_the_page_has_every_function():
    types = {"d": "float64", "f": "float32"}
    found = listed()
    assert set(found) == {(name, types[char]) for name, char in CASES}, "run python -m tests.accuracy"
    assert all(error <= BOUNDS[name] for (name, _), error in found.items())
