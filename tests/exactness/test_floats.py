"""Floats are IEEE, operation by operation, and the functions of math give the bits CPython gives."""

from __future__ import annotations

import cmath
import itertools
import math

import numpy as np
import pytest

from tests.exactness.agreement import agree, agree_compiled

EDGES = (0.0, -0.0, 1.0, -1.5, 2.5, 1e-310, 5e-324, 1e308, -1e308, math.inf, -math.inf, math.nan, 2.0**53, 2.0**63, 0.1, 1e22)


def arithmetic(a, b, c):
    return a + b + c, a * b + c, a - b - c, a * b * c, (a + b) * c


def test_no_contraction_and_no_reassociation() -> None:
    agree_compiled(arithmetic, *(lambda t=t: t for t in itertools.product(EDGES[2:], EDGES[:8], (0.1, -1e308, 3.0))))


def comparisons(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b, min(a, b), max(a, b), a and b, a or b, not a


def test_comparisons_with_nan_and_zeros() -> None:
    agree_compiled(comparisons, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(EDGES, EDGES)))


def test_ints_against_floats() -> None:
    ints = (0, 1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 10**22)
    agree(comparisons, *(lambda a=a, b=b: (a, b) for a, b in [*itertools.product(EDGES, ints), *itertools.product(ints, EDGES)]))


def rounding(x):
    return round(x), int(x), math.floor(x), math.ceil(x), math.trunc(x)


def test_rounding() -> None:
    agree_compiled(rounding, *(lambda x=x: (x,) for x in (*EDGES, 0.5, 1.5, -0.5, -0.4, 4503599627370497.5, 2**62 + 1, True)))


def rounding_to(x, n):
    return round(x, n)


def test_rounding_to_digits() -> None:
    agree(rounding_to, *(lambda x=x, n=n: (x, n) for x, n in itertools.product((*EDGES, 2.675, 1234.5678, 15, 25), (-400, -2, 0, 1, 2, 16, 400))))


def powers(a, b):
    return a**b


def test_powers() -> None:
    agree_compiled(powers, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(EDGES, (*EDGES, 0.5, 2, 3, -1, -2, 0))))


ONE = """sqrt exp log log2 log10 log1p expm1 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh fabs floor ceil trunc gamma lgamma erf erfc
degrees radians isnan isinf isfinite frexp modf ulp cbrt exp2""".split()


@pytest.mark.parametrize("name", ONE)
def test_functions_of_one_number(name: str) -> None:
    namespace = {"math": math}
    exec(f"def function(x):\n    return math.{name}(x)\n", namespace)
    values = (*EDGES, 0.3, -0.7, 170.6, 710.0, -745.0, 1, 0, -3, 2**62, 10**400, True, np.float64(0.25), np.float32(0.1), np.int64(3))
    agree(namespace["function"], *(lambda x=x: (x,) for x in values))


TWO = "pow atan2 copysign fmod hypot remainder nextafter ldexp gcd comb perm dist isclose log".split()


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_numbers(name: str) -> None:
    namespace = {"math": math}
    exec(f"def function(x, y):\n    return math.{name}(x, y)\n", namespace)
    values = (*EDGES[:12], 3, 5, -2, 0, 12)
    agree(namespace["function"], *(lambda x=x, y=y: (x, y) for x, y in itertools.product(values, values)))


def named(x, y):
    return math.sqrt(x * x + y * y), math.sin(x) * math.cos(y), math.exp(-abs(x)), math.hypot(x, y), math.atan2(y, x), math.pi


def test_functions_in_compiled_code() -> None:
    agree_compiled(named, *(lambda x=x, y=y: (x, y) for x, y in itertools.product((0.5, -2.0, 3.25, 0.0, 1e200, 1e-200), repeat=2)))


def sums(a, b, c):
    return sum((a, b, c)), math.fsum((a, b, c)), sum((a, b, c), 0.0), math.prod((a, b, c))


def test_sums() -> None:
    agree(sums, *(lambda t=t: t for t in itertools.product((1e16, 1.0, -1e16, 0.1, math.inf, -0.0), repeat=3)))


def complexes(a, b):
    return a + b, a - b, a * b, a == b, a != b, -a, abs(a), a.real, a.imag, a.conjugate()


def quotient(a, b):
    return a / b


def complex_power(a, b):
    return a**b


def test_complex_numbers() -> None:
    values = (0j, 1j, -1 + 2j, complex(0.0, -0.0), complex(-0.0, 0.0), complex(math.inf, 1), complex(math.nan, 2), 3 - 4j, 1e200 + 1e200j)
    for function in (complexes, quotient):
        agree_compiled(function, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(values, values)))
        mixed = [*itertools.product(values, (0, 2, -1.5, 0.0, math.inf)), *itertools.product((0, 2, -1.5), values)]
        agree(function, *(lambda a=a, b=b: (a, b) for a, b in mixed))
    agree(complex_power, *(lambda a=a, b=b: (a, b) for a, b in itertools.product(values[:8], (0, 1, 2, -1, 0.5, 1j, 100, -101))))


@pytest.mark.parametrize("name", "sqrt exp log sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh phase polar isnan".split())
def test_complex_functions(name: str) -> None:
    namespace = {"cmath": cmath}
    exec(f"def function(z):\n    return cmath.{name}(z)\n", namespace)
    values = (0j, 1j, -1 + 2j, complex(-0.0, -0.0), complex(math.inf, math.nan), 3 - 4j, 710 + 1j, 2.5, -1, True)
    agree(namespace["function"], *(lambda z=z: (z,) for z in values))
