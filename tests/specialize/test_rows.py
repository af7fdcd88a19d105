"""Loops that load SIMD values run in strips, and what lies in range for sure is not looked at: with the values, and the errors, of CPython."""

import numpy as np
import pytest

import accel
from accel.analysis.facts import find_facts
from accel.analysis.parse import parse_function
from accel.ir import Signature
from accel.specialize.infer import plan_function
from accel.types import SIMD, Float64, Int64
from accel.types.kinds import Array, Int

V = SIMD[Float64, 4]
W = SIMD[Int64, 4]


def total(a, n):
    sums = V(0.0)
    for i in range(n):
        sums += V.load(a, 4 * i + 1)
    return sums


def scaled(a, n):
    sums = V(0.0)
    for i in range(n):
        sums = V(a[i]).fma(V.load(a, i), sums)
    return sums


def moved(a, n):
    for i in range(n):
        (V.load(a, 4 * i) + 1.0).store(a, 4 * i + 4)
    return V.load(a, 0)


def mixed(a, n):
    sums = V(0.0)
    for i in range(n):
        sums += V.load(a, i)
        a[i + 4] = sums[0] * 0.5
    return sums


def chosen(a, n):
    sums = V(0.0)
    for i in range(n):
        if i % 3:
            sums += V.load(a, i)
        else:
            sums -= V.load(a, i + 1)
    return sums


def negative(a, n):
    sums = V(0.0)
    for i in range(n):
        sums += V.load(a, i - 2)
    return sums


def tails(a, n):
    sums = V(0.0)
    for i in range(n):
        sums += V.load_tail(a, 3 * i)
    return sums


def overflowing(a, n):
    big = 1
    for i in range(n):
        (V.load(a, 4 * i) + 1.0).store(a, 4 * i)
        big = big * 7  # beyond 64 bits from the 23rd turn on: a strip would be done again
    return V.load(a, 0) + float(big % 1000)


FUNCTIONS = (total, scaled, moved, mixed, chosen, negative, tails, overflowing)


def outcome(function, a, n):
    given = a.copy()
    try:
        found = np.asarray(function(given, n)).tolist()
    except IndexError:
        found = "IndexError"
    return found, given.tolist()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_values_and_errors_are_those_of_cpython(function):
    compiled = accel.fn(strict=True)(type(function)(function.__code__, function.__globals__, function.__name__))
    for length in (3, 4, 40, 131, 200):
        a = np.random.default_rng(length).standard_normal(length)
        for n in (0, 1, 7, 8, 9, 31, 32, 33, 49, 131):
            assert outcome(compiled, a, n) == outcome(function, a, n), (length, n)
    assert compiled.accel.compiled


def blocks_of(function):
    kinds = (Array("d", 1, "C"), Int())
    flow = plan_function(function, Signature(kinds), lambda f: find_facts(parse_function(f))).root.flow
    sure = [i for block in flow.blocks.values() for i in block.instructions if i.is_sure]
    return any(name.startswith("strips.") for name in flow.blocks), bool(sure)


@pytest.mark.parametrize(
    ("function", "in_strips", "is_sure"),
    [(total, True, True), (scaled, True, True), (moved, False, True), (mixed, False, True), (chosen, False, False), (negative, True, True), (tails, False, False)],
)
def test_which_loops_run_in_strips(function, in_strips, is_sure):
    assert blocks_of(function) == (in_strips, is_sure)


def counted(a, n):
    sums = W(0)
    for i in range(n):
        sums += W.load(a, i) * i  # an int that may not fit
    return sums


def test_ints_that_become_lanes_are_looked_at():
    a = np.arange(200)
    compiled = accel.fn(strict=True)(type(counted)(counted.__code__, counted.__globals__, "counted"))
    assert np.array_equal(compiled(a, 100), counted(a, 100)) and compiled.accel.compiled
