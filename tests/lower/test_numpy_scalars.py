"""Every operator on every pair of kinds with a NumPy scalar, against NumPy."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import pytest

from accel.lower.numpy_scalars import emit_binary, emit_compare, emit_truth, emit_unary
from accel.types.kinds import Bool, Kind, Scalar
from accel.types.promotion import binary_kind, compare_kind, unary_kind
from tests.lower.numpy_values import PAIRS, QUICK_PAIRS, SCALARS, NumpyOperation, check

BINARY = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
UNARY = {"-": operator.neg, "+": operator.pos, "~": operator.invert}


def binary(symbol: str, a: Kind, b: Kind, literal: str = "", at: int = 1) -> NumpyOperation | None:
    """The operation `a symbol b`."""
    result = binary_kind(symbol, a, b)
    if result is None:
        return None
    literals = {at: literal} if literal else {}
    return NumpyOperation(
        (a, b), result, lambda e, v: emit_binary(e, symbol, a, b, *v), BINARY[symbol], literals, f"{a} {symbol} {b} {literal}"
    )


def comparison(symbol: str, a: Kind, b: Kind) -> NumpyOperation | None:
    """The operation `a symbol b` for a comparison."""
    result = compare_kind(symbol, a, b)
    if result is None:
        return None
    return NumpyOperation((a, b), result, lambda e, v: emit_compare(e, symbol, a, b, *v), COMPARE[symbol], {}, f"{a} {symbol} {b}")


def check_binary(symbol: str, pairs: Sequence[tuple[Kind, Kind]]) -> None:
    found = [o for o in (binary(symbol, a, b) for a, b in pairs) if o is not None]
    counts = check([o for o in found if not (symbol == "**" and str(o.result).startswith("numpy.complex"))], 0.45)
    right, left = (sum(getattr(c, n) for c in counts.values()) for n in ("right", "left"))
    assert right > 1000
    assert left < 0.12 * right


@pytest.mark.parametrize("symbol", BINARY)
def test_binary(symbol: str) -> None:
    check_binary(symbol, QUICK_PAIRS)


@pytest.mark.slow
@pytest.mark.parametrize("symbol", BINARY)
def test_binary_of_all_pairs(symbol: str) -> None:
    check_binary(symbol, PAIRS)


def check_comparison(symbol: str, pairs: Sequence[tuple[Kind, Kind]]) -> None:
    # NaN in a complex number leaves where NumPy goes through arrays
    check([o for o in (comparison(symbol, a, b) for a, b in pairs) if o is not None], 0.25)


@pytest.mark.parametrize("symbol", COMPARE)
def test_comparison(symbol: str) -> None:
    check_comparison(symbol, QUICK_PAIRS)


@pytest.mark.slow
@pytest.mark.parametrize("symbol", COMPARE)
def test_comparison_of_all_pairs(symbol: str) -> None:
    check_comparison(symbol, PAIRS)


def test_unary() -> None:
    found = []
    for (symbol, reference), kind in itertools.product(UNARY.items(), SCALARS):
        result = unary_kind(symbol, kind)
        if result is not None:
            found.append(unary(symbol, reference, kind, result))
    check(found, 0.0)


def unary(symbol: str, reference: Any, kind: Kind, result: Kind) -> NumpyOperation:
    """The operation `symbol kind`."""
    return NumpyOperation((kind,), result, lambda e, v: emit_unary(e, symbol, kind, v[0]), reference, {}, f"{symbol} {kind}")


def test_truth() -> None:
    check((truth(kind) for kind in SCALARS), 0.0)


def truth(kind: Kind) -> NumpyOperation:
    """The truth of a value, for a branch."""
    return NumpyOperation((kind,), Bool(), lambda e, v: (emit_truth(e, kind, v[0]),), bool, {}, f"truth {kind}")


@pytest.mark.parametrize("char", "bBlLefdFD")
def test_literals(char: str) -> None:
    """Python's constants take no conversion at run time, and mean the same."""
    from accel.lower.text import float_text
    from accel.types.kinds import Float, Int

    found = []
    for symbol, number in itertools.product(BINARY, (-1, 0, 1, 2, 3, 7, 8, 127, 200, 2**40)):
        operation = binary(symbol, Scalar(char), Int(), str(number))
        if operation is not None and (symbol != "**" or char not in "FD" or number in (1, 2, 3)):
            operation.reference = lambda x, _, function=BINARY[symbol], number=number: function(x, number)
            found.append(operation)
    for symbol, number in itertools.product(("+", "-", "*", "/", "//", "%", "**"), (0.0, 1.0, 2.0, 0.1, -3.5, 1e300)):
        operation = binary(symbol, Scalar(char), Float(), float_text(number))
        if operation is not None and (symbol != "**" or char not in "FD" or number in (1.0, 2.0)):
            operation.reference = lambda x, _, function=BINARY[symbol], number=number: function(x, number)
            found.append(operation)
    check([o for o in found if str(o.result).startswith("numpy")], 1.0)
