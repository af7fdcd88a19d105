"""`math.gamma` and `math.lgamma` over their whole range against CPython."""

from __future__ import annotations

import random

import pytest

from accel.types.kinds import Float
from tests.lower.operations import FLOATS, check_calls


@pytest.mark.parametrize("name", ["gamma", "lgamma"])
def test_whole_range(name: str) -> None:
    rng = random.Random(1)
    values = FLOATS + [x / 16 for x in range(-3300, 2800)] + [float(n) for n in range(-5, 180)]
    values += [rng.uniform(-200, 180) for _ in range(3000)] + [
        rng.uniform(-1, 1) * 10.0 ** -rng.randrange(30) for _ in range(1000)
    ]
    check_calls(f"math.{name}", {(Float(),): [(x,) for x in values]})
