"""Functions of `cmath` against CPython."""

from __future__ import annotations

import cmath
import itertools

import pytest

from accel.types.functions import function_kind
from accel.types.kinds import Complex, Float
from tests.lower.operations import FLOATS, NUMBERS, REALS, VALUES, check_calls, pairs, random_floats

COMPLEX_ONE = [n for n in dir(cmath) if function_kind(f"cmath.{n}", (Complex(),))]


@pytest.mark.parametrize("name", COMPLEX_ONE)
def test_cmath_of_one(name: str) -> None:
    parts = [*FLOATS, 0.71, 1.73, 1.0, -1.0, 709.5, 710.2, 1e154, 1e-160]
    values = [complex(a, b) for a, b in pairs(parts, parts)]
    values += [complex(a, b) for a, b in zip(random_floats(4, 500), random_floats(5, 500), strict=True)]
    cases = {(k,): [(x,) for x in (values if k == Complex() else VALUES[k])] for k in NUMBERS}
    check_calls(f"cmath.{name}", cases, 0.25)
    finite = [(z,) for z in values if cmath.isfinite(z) and abs(z.real) < 1e150 and abs(z.imag) > 1e-250]
    check_calls(f"cmath.{name}", {(Complex(),): finite}, 0.01 if name == "phase" else 0.0)


@pytest.mark.parametrize("name", ["log", "isclose"])
def test_cmath_of_two(name: str) -> None:
    check_calls(f"cmath.{name}", {(a, b): pairs(VALUES[a], VALUES[b]) for a, b in itertools.product(NUMBERS, repeat=2)}, 0.75)
    check_calls(f"cmath.{name}", {(Complex(), Float()): pairs([1j, 2 + 3j, -4.5 + 0j], [2.0, 0.5, 10.0])})


def test_cmath_rect() -> None:
    check_calls("cmath.rect", {(a, b): pairs(VALUES[a], VALUES[b]) for a, b in itertools.product(REALS, repeat=2)}, 0.2)
