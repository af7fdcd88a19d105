"""Kinds of the results of functions."""

from __future__ import annotations

import cmath
import math
from typing import Any

import pytest

from accel.types.functions import folded_kind, function_kind, selection_items
from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Object, Tuple, Union


def kind_of(value: Any) -> Kind:
    """The kind of a value."""
    if isinstance(value, tuple):
        return Tuple(tuple(map(kind_of, value)))
    return {int: Int(), float: Float(), bool: Bool(), complex: Complex(), type(None): NoneKind()}[type(value)]


CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("builtins.abs", (True,)),
    ("builtins.abs", (1j,)),
    ("builtins.min", (1, 2)),
    ("builtins.max", (1.0, 2.0, 3.0)),
    ("builtins.int", ()),
    ("builtins.int", (2.5,)),
    ("builtins.float", (1,)),
    ("builtins.complex", (1, 2.0)),
    ("builtins.bool", (None,)),
    ("builtins.round", (2.5,)),
    ("builtins.round", (2.5, 1)),
    ("builtins.round", (True, 1)),
    ("builtins.round", (2.5, None)),
    ("builtins.divmod", (7, 2)),
    ("builtins.divmod", (7.0, 2)),
    ("builtins.pow", (2, 3)),
    ("builtins.pow", (2, 3, 5)),
    ("builtins.len", ((1, 2),)),
    ("builtins.sum", ((1, 2),)),
    ("builtins.sum", ((1, 2.0),)),
    ("builtins.sum", ((), 1j)),
    ("math.frexp", (1.0,)),
    ("math.modf", (1,)),
    ("math.floor", (1.5,)),
    ("math.isnan", (1,)),
    ("math.gcd", (4, 6)),
    ("math.gcd", ()),
    ("math.prod", ((1, 2),)),
    ("math.prod", ((1, 2.0),)),
    ("math.perm", (3, None)),
    ("math.dist", ((1, 2), (3.0, 4))),
    ("cmath.polar", (1j,)),
    ("cmath.phase", (1,)),
    ("cmath.rect", (1.0, 2.0)),
    ("cmath.isinf", (1j,)),
    ("cmath.sqrt", (-1,)),
]


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_kinds_are_those_of_the_values(name: str, arguments: tuple[Any, ...]) -> None:
    module, _, function = name.partition(".")
    value = getattr({"math": math, "cmath": cmath}.get(module) or __builtins__, function, None) or dict(__builtins__)[function]  # type: ignore[call-overload]
    assert function_kind(name, tuple(map(kind_of, arguments))) == kind_of(value(*arguments))


@pytest.mark.parametrize("module", [math, cmath])
def test_every_function_is_known(module: Any) -> None:
    options = [(Float(),), (Float(), Float()), (Float(),) * 3, (Int(),), (Int(), Int()), (Float(), Int())]
    options += [(Tuple((Float(),)),), (Tuple((Float(),)),) * 2]
    for name, value in vars(module).items():
        if callable(value) and not name.startswith("_"):
            assert any(function_kind(f"{module.__name__}.{name}", kinds) for kinds in options), name


def test_what_is_left_to_cpython() -> None:
    assert function_kind("builtins.int", (Complex(),)) is None
    assert function_kind("builtins.min", (Int(), Complex())) is None
    assert function_kind("builtins.sum", (Tuple((NoneKind(),)),)) is None
    assert function_kind("builtins.abs", (Object(),)) is None
    assert function_kind("builtins.print", (Int(),)) is None
    assert function_kind("math.sqrt", (Complex(),)) is None


def test_parts() -> None:
    assert selection_items((Tuple((Int(), Float())),)) == (Int(), Float())
    assert selection_items(()) is None
    assert folded_kind("+", Int(), (Bool(), Float())) == Float()
    assert function_kind("builtins.min", (Int(), Float())) == Union((Float(), Int()))
