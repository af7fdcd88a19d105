"""NumPy's scalars stay NumPy's: width, wrap, warnings, promotion, type."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.exactness.agreement import agree, agree_compiled

CHARS = "?bBhHiIlLqQefdFD"


def values(char: str) -> list[np.generic]:
    dtype = np.dtype(char)
    if dtype.kind in "iu":
        found = np.iinfo(dtype)
        return [dtype.type(v) for v in (0, 1, 3, found.min, found.max, found.max - 1)]
    if dtype.kind == "b":
        return [np.True_, np.False_]
    plain = [0.0, -0.0, 1.5, -2.25, float("inf"), float("nan"), float(np.finfo(dtype).max)]
    return [dtype.type(v) for v in plain]


def add(a, b):
    return a + b


def subtract(a, b):
    return a - b


def multiply(a, b):
    return a * b


def compare(a, b):
    return a < b, a == b, a != b


def logic(a, b):
    return a & b, a | b, a ^ b


def divide(a, b):
    return a / b


def floor(a, b):
    return a // b


def modulo(a, b):
    return a % b


OPERATIONS = (add, subtract, multiply, compare, logic, divide, floor, modulo)


@pytest.mark.parametrize("char", CHARS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda f: f.__name__)
def test_operations_of_one_dtype(char: str, operation) -> None:
    found = values(char)
    agree(operation, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(found, found)))


@pytest.mark.parametrize("char", "bBilLfd?D")
def test_with_plain_numbers(char: str) -> None:
    plain = (0, 1, -1, 300, 2**40, 2**63, 1.5, float("nan"), True, 1j)
    for operation in (add, multiply, compare, divide):
        pairs = [*itertools.product(values(char)[:5], plain), *itertools.product(plain, values(char)[:5])]
        agree(operation, *(lambda a=a, b=b: (a, b) for a, b in pairs))


def test_different_dtypes_together() -> None:
    one = [values(char)[-2] for char in CHARS]
    for operation in (add, multiply, compare):
        agree(operation, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(one, one)))


def test_common_ones_run_compiled() -> None:
    agree_compiled(add, lambda: (np.float64(1.5), np.float64(2.0)), lambda: (np.float64(1e308), np.float64(1e308)))
    agree_compiled(multiply, lambda: (np.int32(7), np.int32(6)), lambda: (np.int32(2**31 - 1), np.int32(2)))


def unary(a):
    return -a, +a, abs(a), not a, bool(a)


def convert(a):
    return int(a), float(a), np.float64(a), np.int32(5), np.float32(a)


@pytest.mark.parametrize("char", CHARS)
def test_unary_operations_and_conversions(char: str) -> None:
    agree(unary, *(lambda a=a: (a,) for a in values(char)))
    agree(convert, *(lambda a=a: (a,) for a in values(char)))


def accumulated(a):
    s = np.int8(100)
    for i in range(len(a)):
        s = s + a[i]
    return s


def test_wrap_in_a_loop_warns_each_time() -> None:
    agree(accumulated, lambda: (np.full(5, 20, "b"),), lambda: (np.zeros(3, "b"),), lambda: (np.full(200, 3, "b"),))


def functions(a):
    return np.sqrt(a), np.sin(a), np.exp(a), np.abs(a), np.floor(a), np.sign(a), np.isnan(a), np.maximum(a, 1), np.square(a)


def test_ufuncs_on_scalars() -> None:
    for a in (np.float64(2.0), np.float64(-1.0), np.float32(0.5), np.int64(4), 2.5, 3, True, np.float64("nan")):
        agree(functions, lambda a=a: (a,))


def square(x):
    return x * x


def test_error_states_and_filters() -> None:
    for mode in ("raise", "ignore", "warn"):
        with np.errstate(all=mode):
            agree(square, lambda: (np.float64(1e200),), lambda: (np.float64(1e-200),), lambda: (np.int32(2**20),), lambda: (np.float64(2.0),))
