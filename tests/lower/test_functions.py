"""Functions of `builtins` against CPython."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from accel.lower.functions import emit_function
from accel.types.functions import function_kind
from accel.types.kinds import Bool, Complex, Float, Int, NoneKind, Tuple, Union
from tests.lower.operations import (
    FLOATS,
    INTS,
    NUMBERS,
    REALS,
    VALUES,
    Operation,
    build,
    call,
    check_calls,
    compare,
    pairs,
    random_floats,
)


@pytest.mark.parametrize("name", ["abs", "int", "float", "complex", "bool", "round"])
def test_builtins_of_one(name: str) -> None:
    kinds = [k for k in (*NUMBERS, NoneKind()) if function_kind(f"builtins.{name}", (k,))]
    check_calls(f"builtins.{name}", {(k,): [(x,) for x in VALUES[k]] for k in kinds}, 0.05)
    if name not in ("abs", "round"):
        check_calls(f"builtins.{name}", {(): [()]})


def test_complex_of_two_and_none_digits() -> None:
    check_calls("builtins.complex", {(a, b): pairs(VALUES[a], VALUES[b]) for a, b in itertools.product(REALS, repeat=2)})
    check_calls("builtins.round", {(k, NoneKind()): [(x, None) for x in VALUES[k]] for k in REALS}, 0.05)


def test_round_to_digits() -> None:
    halves = (
        [k / 2 for k in range(-9, 10)] + [k / 8 for k in range(-20, 20)] + [2.675, 1.005, 0.125, 1e22, 5e15 + 0.5, 2.0**51 - 0.25]
    )
    values = FLOATS + halves + random_floats(14, 300)
    check_calls("builtins.round", {(Float(), Int()): pairs(values, range(23))}, 0.05)
    check_calls(
        "builtins.round", {(Int(), Int()): pairs(INTS, [0, 1, 5, 400]), (Bool(), Bool()): pairs([False, True], [False, True])}
    )
    for digits in (0, 2, 22, -1, 400):
        made = call("builtins.round", (Float(), Int()))
        assert made is not None
        made.literals, made.reference = {1: str(digits)}, lambda x, _, d=digits: round(x, d)
        build([made])
        assert not compare(made, [(x, 0) for x in values]).wrong


@pytest.mark.parametrize("name", ["divmod", "pow"])
def test_builtins_of_two(name: str) -> None:
    def small(x: Any, y: Any) -> bool:
        return not (name == "pow" and isinstance(x, int) and isinstance(y, int) and y > 1000)

    options = [k for k in itertools.product(NUMBERS, repeat=2) if function_kind(f"builtins.{name}", k)]
    check_calls(f"builtins.{name}", {(a, b): [c for c in pairs(VALUES[a], VALUES[b]) if small(*c)] for a, b in options}, 0.4)


@pytest.mark.parametrize("name", ["min", "max"])
def test_min_and_max(name: str) -> None:
    for kinds in [*itertools.product(REALS, repeat=2), (Int(), Float(), Bool()), (Float(), Float(), Float())]:
        some = {Float(): [0.0, -0.0, 1.0, 2.5, math.nan, 2.0**53], Int(): [0, 1, -3, 2**53 + 1], Bool(): [False, True]}
        cases = list(itertools.product(*(some[k] for k in kinds)))
        check_calls(f"builtins.{name}", {kinds: cases, (Tuple(kinds),): [(c,) for c in cases]})
    assert function_kind(f"builtins.{name}", (Int(), NoneKind())) is None
    assert function_kind(f"builtins.{name}", (Tuple(()),)) is None


def test_min_of_unions_in_a_tuple() -> None:
    number = Union((Float(), Int()))
    cases = [((a, b),) for a, b in pairs([1, 2.5, -0.0, 0], [1.0, 2, 3])]
    check_calls("builtins.min", {(Tuple((number, number)),): cases})


def test_len() -> None:
    check_calls("builtins.len", {(Tuple((Int(), Float())),): [((1, 2.0),)], (Tuple(()),): [((),)]})


@pytest.mark.parametrize("name", ["real", "imag"])
def test_parts_of_complex(name: str) -> None:
    kinds = (Complex(),)
    made = Operation(kinds, Float(), lambda e, v: emit_function(e, f"attribute.{name}", kinds, v), lambda z: getattr(z, name))
    build([made])
    assert compare(made, [(z,) for z in VALUES[Complex()]]).right == len(VALUES[Complex()])
    assert function_kind(f"attribute.{name}", kinds) == Float()
