"""Kinds of the results of operators."""

from __future__ import annotations

import math
import operator

import pytest

from accel.types.kinds import Array, Bool, Complex, Float, Int, Kind, Never, NoneKind, Object, Scalar, Static, Tuple, Union
from accel.types.operators import binary_kind, compare_kind, has_truth, identity_answer, is_number, joined_kind, unary_kind

SAMPLES: dict[Kind, object] = {Int(): 3, Float(): 2.5, Bool(): True, Complex(): 1j}
FUNCTIONS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip


@pytest.mark.parametrize("symbol", FUNCTIONS)
@pytest.mark.parametrize("a", SAMPLES)
@pytest.mark.parametrize("b", SAMPLES)
def test_kinds_are_those_of_the_values(symbol: str, a: Kind, b: Kind) -> None:
    kind = binary_kind(symbol, a, b)
    try:
        value = FUNCTIONS[symbol](SAMPLES[a], SAMPLES[b])
    except TypeError:
        assert kind is None
    else:
        assert str(kind) == type(value).__name__


def test_what_is_left_to_cpython() -> None:
    assert binary_kind("@", Int(), Int()) is None
    assert binary_kind("+", Object(), Int()) is None
    assert binary_kind("+", Array("d", 1), Int()) is None
    assert binary_kind("*", Tuple((Int(),)), Int()) is None
    assert compare_kind("<", Complex(), Int()) is None
    assert compare_kind("==", Object(), Int()) is None
    assert compare_kind("<", Tuple((Complex(),)), Tuple((Int(),))) is None
    assert unary_kind("-", NoneKind()) is None


def test_identity() -> None:
    assert identity_answer(NoneKind(), NoneKind()) is True
    assert identity_answer(Static(math), Static(math)) is True
    assert identity_answer(Static(math), Static(operator)) is False
    assert identity_answer(Int(), Float()) is False
    assert identity_answer(Scalar("d"), NoneKind()) is False
    assert identity_answer(Int(), Int()) is None
    assert compare_kind("is", Int(), Int()) is None
    assert compare_kind("is", Array("d", 1), Array("d", 1)) is None
    assert compare_kind("is not", Object(), NoneKind()) == Bool()
    assert compare_kind("is", Object(), Int()) is None
    assert compare_kind("is", Bool(), Bool()) == Bool()


def test_static_text() -> None:
    assert compare_kind("==", Static("a"), Static("b")) == Bool()
    assert compare_kind("<", Static("a"), Static("b")) is None
    assert compare_kind("==", Static(math), Static(math)) is None


def test_truth_and_numbers() -> None:
    assert all(map(has_truth, (Int(), NoneKind(), Tuple(()), Scalar("d"))))
    assert not has_truth(Object())
    assert not has_truth(Array("d", 1))
    assert is_number(Complex())
    assert not is_number(NoneKind())


def test_joined() -> None:
    def add(a: Kind, b: Kind) -> Kind | None:
        return binary_kind("+", a, b)

    number = Union((Float(), Int()))
    assert joined_kind(add, (number, Int())) == number
    assert joined_kind(add, (number, Float())) == Float()
    assert joined_kind(add, (NoneKind(), NoneKind())) is None
    assert joined_kind(add, (Never(), Int())) == Never()
    assert joined_kind(add, (Tuple(()), Union((Float(), Int())))) is None
