"""Functions of NumPy scalars: constructors, ufuncs, builtins and `math`, against NumPy and CPython."""

from __future__ import annotations

import builtins
import cmath
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from accel.lower.numpy_functions import emit_function
from accel.types.kinds import DTYPES, Complex, Float, Int, Kind, NoneKind, Scalar
from accel.types.ufuncs import ATTRIBUTES, UFUNCS, function_kind
from tests.lower.numpy_values import KINDS, PAIRS, PYTHON, QUICK_PAIRS, SCALARS, NumpyOperation, check

MODULES: dict[str, Any] = {"numpy": numpy, "builtins": builtins, "math": math, "cmath": cmath}
UNARY = [n for n in UFUNCS if getattr(numpy, n).nin == 1]
BINARY = [n for n in UFUNCS if getattr(numpy, n).nin == 2]
PYTHON_PAIRS = list(itertools.product(PYTHON, repeat=2))


def call(name: str, kinds: tuple[Kind, ...], literals: dict[int, str] | None = None) -> NumpyOperation | None:
    """The call of a known function, if it is compiled for these kinds."""
    result = function_kind(name, kinds)
    if result is None:
        return None
    module, function = name.split(".")
    reference: Callable[..., Any] = getattr(MODULES[module], function)
    shown = ", ".join(map(str, kinds))
    return NumpyOperation(kinds, result, lambda e, v: emit_function(e, name, kinds, v), reference, literals or {}, f"{name}({shown})")


def calls(name: str, groups: Any) -> list[NumpyOperation]:
    """The calls for those of the groups of kinds for which the function is compiled."""
    return [o for o in (call(name, tuple(kinds)) for kinds in groups) if o is not None]


@pytest.mark.parametrize("name", [d.name for d in DTYPES.values()])
def test_constructors(name: str) -> None:
    found = calls(f"numpy.{name}", [(k,) for k in KINDS])
    assert len(found) > 14
    check(found, 0.2)


def test_constructors_without_arguments() -> None:
    made = calls("numpy.float32", [()]) + calls("numpy.complex128", [()]) + calls("numpy.bool", [()]) + calls("numpy.int8", [()])
    assert len(made) == 4
    check(made, 0.0)


@pytest.mark.parametrize("name", UNARY)
def test_unary_ufuncs(name: str) -> None:
    found = calls(f"numpy.{name}", [(k,) for k in KINDS])
    assert found
    check(found, 0.1)


def check_binary_ufunc(name: str, pairs: Any) -> None:
    found = calls(f"numpy.{name}", pairs)
    assert found
    counts = check(found, 0.6)  # zeros of both signs leave maximum and minimum, infinities // and %
    right, left = (sum(getattr(c, n) for c in counts.values()) for n in ("right", "left"))
    assert left < 0.2 * right


@pytest.mark.parametrize("name", BINARY)
def test_binary_ufuncs(name: str) -> None:
    check_binary_ufunc(name, [p for p in QUICK_PAIRS if p[0] == p[1] or hash(str(p)) % 4 == 0] + PYTHON_PAIRS)


@pytest.mark.slow
@pytest.mark.parametrize("name", BINARY)
def test_binary_ufuncs_of_all_pairs(name: str) -> None:
    check_binary_ufunc(name, PAIRS)


def test_functions_whose_bits_depend_on_the_processor_are_not_compiled() -> None:
    for name in ("exp", "log", "sin", "cos", "tan", "power", "arctan2", "cbrt", "tanh"):
        assert function_kind(f"numpy.{name}", (Scalar("d"),) * getattr(numpy, name).nin) is None


@pytest.mark.parametrize("name", ["abs", "int", "float", "bool", "complex", "round"])
def test_builtins_of_one(name: str) -> None:
    found = calls(f"builtins.{name}", [(k,) for k in SCALARS])
    assert len(found) >= 13
    check(found, 0.1)


@pytest.mark.parametrize("name", ["min", "max", "divmod", "pow", "complex"])
def test_builtins_of_two(name: str) -> None:
    pairs = [p for p in QUICK_PAIRS if not (name == "pow" and any("complex" in str(k) for k in p))]
    found = calls(f"builtins.{name}", pairs)
    assert len(found) > 50
    check(found, 0.45)


def test_selection_of_three() -> None:
    groups = [(Scalar("d"), Float(), Scalar("d")), (Int(), Scalar("l"), Scalar("b")), (Scalar("f"), Scalar("f"), Float())]
    found = calls("builtins.min", groups) + calls("builtins.max", groups)
    assert len(found) == 6
    from tests.lower import operations
    from tests.lower.numpy_values import compare, values_of

    operations.build(found)
    for operation in found:
        count = compare(operation, itertools.product(*(values_of(k)[:9] for k in operation.kinds)))
        assert not count.wrong, count.wrong[:5]
        assert count.right > count.left


@pytest.mark.parametrize("char", "fdbBlL")
def test_round_to_digits(char: str) -> None:
    found = []
    for digits in (0, 1, 2, 5, 8):
        operation = call("builtins.round", (Scalar(char), Int()), {1: str(digits)})
        assert operation is not None
        operation.name += str(digits)
        operation.reference = lambda x, _, digits=digits: round(x, digits)
        found.append(operation)
    check(found, 0.1)


def test_round_to_no_digits() -> None:
    found = [o for o in (call("builtins.round", (Scalar(c), NoneKind())) for c in "efdbL") if o is not None]
    assert len(found) == 5
    for operation in found:
        operation.kinds = operation.kinds[:1]
        kind = operation.kinds[0]
        operation.emit = lambda e, v, kind=kind: emit_function(e, "builtins.round", (kind, NoneKind()), [v[0], ()])
        operation.reference = lambda x: round(x, None)
    check(found, 0.1)


MATHEMATICS = ["sqrt", "floor", "ceil", "trunc", "fabs", "exp", "sin", "log", "isnan", "isfinite", "degrees", "frexp", "factorial", "isqrt"]


@pytest.mark.parametrize("name", MATHEMATICS)
def test_mathematics(name: str) -> None:
    found = calls(f"math.{name}", [(k,) for k in SCALARS])
    assert found
    check(found, 0.2)


@pytest.mark.parametrize("name", ["pow", "atan2", "hypot", "copysign", "fmod", "gcd", "ldexp", "isclose"])
def test_mathematics_of_two(name: str) -> None:
    pairs = [(Scalar("d"), Float()), (Int(), Scalar("d")), (Scalar("f"), Scalar("l")), (Scalar("b"), Int()), (Scalar("d"), Int())]
    found = calls(f"math.{name}", pairs)
    assert found
    check(found, 0.4)


def test_complex_mathematics() -> None:
    names = ("isnan", "isfinite", "phase")
    check([o for n in names for o in calls(f"cmath.{n}", [(Scalar(c),) for c in "efdFDl"])], 0.4)


def test_no_complex_number_for_math() -> None:
    assert function_kind("math.sqrt", (Scalar("D"),)) is None
    assert function_kind("builtins.float", (Scalar("F"),)) is None
    assert function_kind("cmath.sqrt", (Scalar("F"),)) == Complex()


def test_attributes() -> None:
    found = []
    for name, kind in itertools.product(ATTRIBUTES, SCALARS):
        result = function_kind(f"attribute.{name}", (kind,))
        assert result is not None
        emit = lambda e, v, name=name, kind=kind: emit_function(e, f"attribute.{name}", (kind,), v)  # noqa: E731
        found.append(NumpyOperation((kind,), result, emit, lambda x, name=name: getattr(x, name), {}, f"{kind}.{name}"))
    check(found, 0.0)
    assert function_kind("attribute.dtype", (Scalar("d"),)) is None
