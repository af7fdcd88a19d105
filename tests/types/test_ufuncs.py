"""Kinds of functions of NumPy scalars are the types of what NumPy gives."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy
import pytest

from accel.types.kinds import DTYPES, Bool, Complex, Float, Int, Kind, NoneKind, Scalar, Tuple
from accel.types.ufuncs import UFUNCS, constructed_char, function_kind, plain_kind

CHARS = "?bBhHiIlLqQefdFD"
PLAIN: dict[Kind, Any] = {Int(): 1, Float(): 1.0, Bool(): True, Complex(): 1j}
OPERANDS: dict[Kind, Any] = {**{Scalar(c): numpy.dtype(c).type(1) for c in CHARS}, **PLAIN}


def kind_of(value: Any) -> Kind:
    if isinstance(value, tuple):
        return Tuple(tuple(map(kind_of, value)))
    if isinstance(value, numpy.generic):
        return Scalar(value.dtype.char)
    return {int: Int(), float: Float(), bool: Bool(), complex: Complex()}[type(value)]


def agree(name: str, function: Any, kinds: tuple[Kind, ...], values: tuple[Any, ...]) -> bool:
    """Whether there is a kind; if so, it must be that of what the function gives."""
    made = function_kind(name, kinds)
    if made is None:
        return False
    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = function(*values)
        except (ValueError, ArithmeticError):  # the kind is that of other values
            return True
    assert made == kind_of(found), (name, list(map(str, kinds)))
    return True


@pytest.mark.parametrize("name", sorted(UFUNCS))
def test_ufuncs(name: str) -> None:
    ufunc = getattr(numpy, name)
    known = sum(
        agree(f"numpy.{name}", ufunc, kinds, tuple(OPERANDS[k] for k in kinds)) for kinds in itertools.product(OPERANDS, repeat=ufunc.nin)
    )
    assert known >= len(UFUNCS[name]), "fewer kinds than it has known loops"


@pytest.mark.parametrize("name", ["abs", "int", "float", "bool", "complex", "round"])
def test_builtins_of_one(name: str) -> None:
    function = getattr(__builtins__, name, None) or __builtins__[name]
    known = [c for c in CHARS if agree(f"builtins.{name}", function, (Scalar(c),), (OPERANDS[Scalar(c)],))]
    assert set("bhilBHILfd") <= set(known)


@pytest.mark.parametrize("name", ["min", "max", "divmod", "pow"])
def test_builtins_of_two(name: str) -> None:
    function = getattr(__builtins__, name, None) or __builtins__[name]
    for a, b in itertools.product([Scalar(c) for c in "bilBLfd"], repeat=2):
        if name in ("min", "max") and a != b:
            assert {a, b} <= set(getattr(function_kind(f"builtins.{name}", (a, b)), "members", ())) or function_kind(f"builtins.{name}", (a, b)) is None
        else:
            agree(f"builtins.{name}", function, (a, b), (OPERANDS[a], OPERANDS[b]))


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "sqrt", "sin", "isnan", "gcd", "factorial", "isqrt", "fabs", "frexp", "modf"])
def test_mathematics(name: str) -> None:
    taken = 2 if name == "gcd" else 1
    known = [c for c in CHARS if agree(f"math.{name}", getattr(math, name), (Scalar(c),) * taken, (OPERANDS[Scalar(c)],) * taken)]
    assert known and not set(known) & set("FD")


def test_constructors() -> None:
    for char, kind in itertools.product(CHARS, OPERANDS):
        name = f"numpy.{DTYPES[char].name}"
        assert constructed_char(name) in (char, {"q": "l", "Q": "L"}.get(char))
        discards = kind_of(OPERANDS[kind]) in (Complex(), Scalar("F"), Scalar("D")) and char not in "?FD"
        assert (function_kind(name, (kind,)) is None) == discards, (char, str(kind))
    assert constructed_char("numpy.sqrt") == constructed_char("math.float64") == ""


def test_what_numpy_itself_must_do() -> None:
    assert function_kind("numpy.spacing", (Float(),)) is None and function_kind("numpy.sqrt", (NoneKind(),)) is None
    assert function_kind("numpy.power", (Scalar("d"), Scalar("d"))) is None
    assert function_kind("os.getpid", ()) is None
    assert plain_kind("math.sin", Scalar("D")) is None and plain_kind("cmath.sin", Scalar("D")) == Complex()
    assert plain_kind("math.sin", NoneKind()) == NoneKind()
