"""What keeps SIMD values out of compiled code, and how that is told."""

from __future__ import annotations

import numpy as np
import pytest

from accel.types import SIMD, Float32, Float64, simd_width
from tests.specialize.plans import plan_for, refusal, result

V = SIMD[Float64, 4]


@pytest.mark.parametrize(
    "function, arguments, what",
    [
        (lambda x, k: x.shuffle(k, 0), (V(1.0), 1), "`shuffle` of SIMD[float64, 4], int, int"),
        (lambda x, y: x + y, (V(1.0), SIMD[Float64, 2](1.0)), "`+` of SIMD[float64, 4], SIMD[float64, 2]"),
        (lambda w: SIMD[Float64, w](1.0), (4,), "`SIMD[...]` of a dtype or width that is not known while compiling"),
        (lambda x: x.cast(float), (V(1.0),), "`cast` of SIMD[float64, 4], float"),
        (lambda x, a: x.store(a, 0), (V(1.0), np.zeros(4, np.float32)), "`store` of SIMD[float64, 4], array(float32, 1-d, C), int"),
        (lambda x: V(1, 2) + x, (V(1.0),), "a call of SIMD[float64, 4], int, int"),
        (lambda x: x.select(x, x), (V(1.0),), "`select` of SIMD[float64, 4], SIMD[float64, 4], SIMD[float64, 4]"),
        (lambda x: 1 if x else 2, (V(1.0),), "`truth` of SIMD[float64, 4]"),
    ],
)
def test_what_is_refused(function, arguments, what):
    assert refusal(function, *arguments) == [("unsupported-operation", 0, what)]


def test_kinds():
    assert result(lambda x: (x < 1.0).select(x, 0), V(1.0)) == "SIMD[float64, 4]"
    assert result(lambda x: x.slice(2).join(x.slice(2, 2)).cast(Float32), V(1.0)) == "SIMD[float32, 4]"
    assert result(lambda x: (x[0], (x == x)[1], x.reduce_add(), (x == x).count(), len(x)), V(1.0)) == "tuple(numpy.float64, numpy.bool, numpy.float64, int, int)"
    assert result(lambda: SIMD[Float32, simd_width(Float32)](0.0)) == f"SIMD[float32, {simd_width(Float32)}]"


def test_widths_are_known_from_names_outside():
    width = 6
    assert str(plan_for(lambda a: SIMD[Float64, width].load(a, 0), np.zeros(6)).root.result) == "SIMD[float64, 6]"
