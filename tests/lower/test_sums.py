"""Sums, products and norms against CPython."""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from accel.types.functions import function_kind
from accel.types.kinds import Bool, Complex, Float, Int, Kind, Tuple
from tests.lower.operations import FLOATS, INTS, NUMBERS, REALS, VALUES, check_calls, random_floats


def tuples(parts: Sequence[Any], length: int, count: int, seed: int = 7) -> list[tuple[Any, ...]]:
    rng = random.Random(seed)
    return [tuple(rng.choice(parts) for _ in range(length)) for _ in range(count)]


@pytest.mark.parametrize("length", range(6))
def test_hypot_and_dist(length: int) -> None:
    parts = FLOATS + random_floats(8, 100) + [1e-310, 3e-309, 2e-308, 1e154, 3.0, 4.0, 1e308]
    cases = tuples(parts, length, 600)
    check_calls("math.hypot", {(Float(),) * length: cases})
    kind = Tuple((Float(),) * length)
    check_calls("math.dist", {(kind, kind): list(zip(cases, tuples(parts, length, 600, 9), strict=True))})
    near = tuples([1.0 + k * 2**-30 for k in range(64)] + [1e-5, 1e-7, 0.3], length, 600)
    check_calls("math.hypot", {(Float(),) * length: near})


def test_hypot_of_ints() -> None:
    check_calls("math.hypot", {(Int(), Bool(), Float()): list(itertools.product(INTS, [False, True], [0.0, 1.5]))})


@pytest.mark.parametrize("length", range(7))
def test_fsum(length: int) -> None:
    parts = [x for x in FLOATS if math.isfinite(x)] + random_floats(10, 40) + [1e100, -1e100, 2.0**-60, 1e16, 1.0]
    check_calls("math.fsum", {(Tuple((Float(),) * length),): [(t,) for t in tuples(parts, length, 600)]}, 0.02)
    check_calls("math.fsum", {(Tuple((Int(), Bool(), Float())),): [((i, True, 0.5),) for i in INTS]})


MIXED = [
    (),
    (Int(),),
    (Int(), Int(), Int()),
    (Float(), Float(), Float(), Float()),
    (Int(), Float(), Int(), Float()),
    (Float(), Bool(), Float()),
    (Bool(), Bool()),
    (Complex(), Float(), Int()),
    (Float(), Float(), Complex(), Float()),
]


@pytest.mark.parametrize("name", ["builtins.sum", "math.prod"])
@pytest.mark.parametrize("kinds", MIXED)
def test_sum_and_prod(name: str, kinds: tuple[Kind, ...]) -> None:
    if function_kind(name, (Tuple(kinds),)) is None:
        assert name == "math.prod"
        return
    rng = random.Random(11)
    floats = FLOATS + random_floats(12, 20) + [1e100, 1.0, -1e100, 0.1, 0.2, 0.3]
    values = {**VALUES, Float(): floats, Int(): [*range(-9, 9), 2**53 + 1, 10**17]}
    cases = [(tuple(rng.choice(values[k]) for k in kinds),) for _ in range(500)]
    check_calls(name, {(Tuple(kinds),): cases}, 0.2 if name == "math.prod" else 0.05)
    for start in NUMBERS if name == "builtins.sum" else ():
        check_calls(name, {(Tuple(kinds), start): [(c[0], rng.choice(values[start])) for c in cases]}, 0.2)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="math.sumprod is new in 3.12")
@pytest.mark.parametrize("kinds", [k for k in MIXED if Complex() not in k])
def test_sumprod(kinds: tuple[Kind, ...]) -> None:
    rng = random.Random(13)
    values = {
        Float(): [0.1, 0.2, 1e100, -1e100, 1e-30, 3.0, -0.0, 1e16, 1.0],
        Int(): [*range(-9, 9), 2**53 + 1],
        Bool(): [False, True],
    }
    for other in itertools.islice(itertools.product(REALS, repeat=len(kinds)), 27):
        cases = [tuple(tuple(rng.choice(values[k]) for k in t) for t in (kinds, other)) for _ in range(100)]
        check_calls("math.sumprod", {(Tuple(kinds), Tuple(other)): cases}, 0.05)
