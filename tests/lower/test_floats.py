"""Floor division, remainder and comparison of floats against CPython."""

from __future__ import annotations

import operator
import random

import pytest

from accel.lower.floats import emit_float_divmod, emit_mixed_compare
from accel.types.kinds import Bool, Float, Int, Tuple
from tests.lower.operations import FLOATS, INTS, Operation, build, compare, pairs, random_floats


def test_divmod() -> None:
    rng = random.Random(5)
    cases = pairs(FLOATS, FLOATS) + list(zip(random_floats(6, 3000), random_floats(7, 3000), strict=True))
    for _ in range(6000):  # quotients beside integers, on either side
        y = rng.uniform(-3, 3) * 2.0 ** rng.randrange(-40, 40)
        x = y * rng.randrange(2 ** rng.randrange(1, 52)) * rng.choice([1, 1, 1 + 2**-52, 1 - 2**-53])
        cases.append((x, y))
    kinds = (Float(), Float())
    operation = Operation(kinds, Tuple(kinds), lambda e, v: emit_float_divmod(e, v[0][0], v[1][0]), divmod)
    build([operation])
    count = compare(operation, cases)
    assert not count.wrong, count.wrong[:5]
    assert not count.left


@pytest.mark.parametrize("symbol", ["<", "<=", ">", ">=", "==", "!="])
def test_int_with_float(symbol: str) -> None:
    functions = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
    beside = [float(i) + d for i in INTS for d in (-0.5, 0.0, 0.5)] + FLOATS
    operation = Operation(
        (Int(), Float()), Bool(), lambda e, v: (emit_mixed_compare(e, symbol, v[0][0], v[1][0]),), functions[symbol]
    )
    build([operation])
    assert compare(operation, pairs(INTS, beside)).right == len(INTS) * len(beside)
