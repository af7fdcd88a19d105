"""Every operator on every pair of scalar types, Python's numbers among them: values, types, warnings and exceptions as outside."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from tests.exactness.agreement import agree

CHARS = "?bhilBHILefdFD"
PLAIN = {"int": (0, 3, -1, 127, 2**40), "float": (0.0, -1.5, math.inf), "complex": (1j, -0.5 + 2j), "bool": (True, False)}


def edges(name: str) -> tuple[object, ...]:
    if name in PLAIN:
        return PLAIN[name]
    dtype = np.dtype(name)
    if dtype.kind in "iu":
        found = np.iinfo(dtype)
        return tuple(dtype.type(v) for v in (0, 3, found.min, found.max))
    if dtype.kind == "b":
        return (np.True_, np.False_)
    return tuple(dtype.type(v) for v in (-0.0, 1.5, -2.25, math.inf, math.nan, float(np.finfo(dtype).max)))


def added(a, b):
    return a + b, a * b, a == b, a != b


def subtracted(a, b):
    return a - b


def ordered(a, b):
    return a < b, a <= b, a > b, a >= b


def divided(a, b):
    return a / b


def floored(a, b):
    return a // b, a % b


def bits(a, b):
    return a & b, a | b, a ^ b


def shifted(a, b):
    return a << b, a >> b


@pytest.mark.slow
@pytest.mark.parametrize("first", [*CHARS, *PLAIN])
@pytest.mark.parametrize("operation", [added, subtracted, ordered, divided, floored, bits, shifted], ids=lambda f: f.__name__)
def test_all_pairs(operation, first: str) -> None:
    for second in CHARS if first in PLAIN else [*CHARS, *PLAIN]:
        agree(operation, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(edges(first), edges(second))))
