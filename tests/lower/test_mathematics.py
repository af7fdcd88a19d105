"""Functions of `math` on floats against CPython."""

from __future__ import annotations

import itertools
import math
import sys

import pytest

from accel.types.functions import function_kind
from accel.types.kinds import Bool, Float, Int
from tests.lower.operations import FLOATS, INTS, REALS, VALUES, check_calls, pairs, random_floats

ONE = [n for n in dir(math) if function_kind(f"math.{n}", (Float(),))]


TWO = [n for n in dir(math) if function_kind(f"math.{n}", (Float(), Float()))]


SOME = FLOATS + random_floats(1, 300)


@pytest.mark.parametrize("name", ONE)
def test_math_of_one(name: str) -> None:
    extra = [x / 7 for x in range(-1200, 1200)] if name in ("gamma", "lgamma") else []
    check_calls(
        f"math.{name}", {(k,): [(x,) for x in VALUES[k] + ([*SOME, *extra] if k == Float() else [])] for k in REALS}, 0.01
    )


@pytest.mark.parametrize("name", TWO)
def test_math_of_two(name: str) -> None:
    cases = {(a, b): pairs(VALUES[a], VALUES[b]) for a, b in itertools.product(REALS, repeat=2)}
    cases[Float(), Float()] = pairs(FLOATS, FLOATS) + list(zip(random_floats(2, 500), random_floats(3, 500), strict=True))
    check_calls(f"math.{name}", cases)


def test_ldexp() -> None:
    check_calls("math.ldexp", {(a, Int()): pairs(VALUES[a], [*INTS, -1074, -1080, 1023, 1024]) for a in REALS})


@pytest.mark.skipif(sys.version_info < (3, 13), reason="math.fma is new in 3.13")
def test_fma() -> None:
    some = [0.0, -0.0, 1.5, -2.0, 1e308, math.inf, -math.inf, math.nan, 5e-324]
    check_calls("math.fma", {(Float(),) * 3: list(itertools.product(some, repeat=3)), (Int(), Float(), Bool()): [(3, 0.1, True)]})


@pytest.mark.parametrize("name", ["log", "atan2"])
def test_wrong_number_of_arguments(name: str) -> None:
    assert function_kind(f"math.{name}", ()) is None
    assert function_kind(f"math.{name}", (Float(),) * 3) is None
