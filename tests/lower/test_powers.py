"""Powers of floats against CPython, whose pow is libm's."""

from __future__ import annotations

import math
import random

import pytest

from accel.lower.powers import emit_float_power
from accel.lower.text import float_text
from accel.types.kinds import Float
from tests.lower.operations import FLOATS, Operation, build, compare, random_floats


@pytest.mark.parametrize("exponent", [2.0, 3.0, 0.5, -1.0, 1.5, math.inf, math.nan])
def test_known_exponents(exponent: float) -> None:
    rng = random.Random(3)
    values = FLOATS + random_floats(3, 2000) + [rng.uniform(1, 4) * 2.0 ** rng.randrange(-500, 500) for _ in range(5000)]
    values += [1e154, 1.4e154, -1e100, 1e-100, 1e-70, 1e-160, 5e-162, *(float(n) for n in range(-50, 50))]
    operation = Operation(
        (Float(),), Float(), lambda e, v: (emit_float_power(e, v[0][0], float_text(exponent)),), lambda x: x**exponent
    )
    build([operation])
    count = compare(operation, [(x,) for x in values])
    assert not count.wrong, count.wrong[:5]
    assert not count.left
