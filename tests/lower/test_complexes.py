"""Complex arithmetic on random finite operands against CPython."""

from __future__ import annotations

import operator

import pytest

from accel.lower.complexes import emit_complex, emit_complex_abs
from accel.lower.text import float_text
from accel.types.kinds import Complex, Float
from tests.lower.operations import Operation, build, compare, random_floats

FUNCTIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
FIRST = [complex(a, b) for a, b in zip(random_floats(1, 2000), random_floats(2, 2000), strict=True)]
SECOND = [complex(a, b) for a, b in zip(random_floats(3, 2000), random_floats(4, 2000), strict=True)]


@pytest.mark.parametrize("symbol", FUNCTIONS)
def test_random_operands(symbol: str) -> None:
    kinds = (Complex(), Complex())
    emit = lambda e, v: emit_complex(e, symbol, (v[0][0], v[0][1]), (v[1][0], v[1][1]))  # noqa: E731
    operation = Operation(kinds, Complex(), emit, FUNCTIONS[symbol])
    build([operation])
    count = compare(operation, zip(FIRST, SECOND, strict=True))
    assert not count.wrong, count.wrong[:5]
    assert count.left <= (0.3 * count.right if symbol == "**" else 0)


@pytest.mark.parametrize("exponent", [0, 1, 2, -1, -2, 5, -7, 31, 0.5, 101, -100.0])
def test_power_of_a_known_number(exponent: float) -> None:
    known = (float_text(float(exponent)), float_text(0.0))
    operation = Operation(
        (Complex(),), Complex(), lambda e, v: emit_complex(e, "**", (v[0][0], v[0][1]), known), lambda z: z**exponent
    )
    build([operation])
    count = compare(operation, [(z,) for z in FIRST])
    assert not count.wrong, count.wrong[:5]
    assert count.left <= 0.4 * count.right


def test_abs() -> None:
    operation = Operation((Complex(),), Float(), lambda e, v: (emit_complex_abs(e, (v[0][0], v[0][1])),), abs)
    build([operation])
    assert compare(operation, [(z,) for z in FIRST]).right == len(FIRST)
