"""Functions of NumPy scalars against NumPy."""

import itertools
import linecache
import math

import numpy
import pytest

from accel.types.ufuncs import UFUNCS
from tests.exactness.agreement import agree

NAN, INF = float("nan"), float("inf")
VALUES = {
    **{c: [c_(v) for v in (0, 1, 3, 100)] for c, c_ in ((c, numpy.dtype(c).type) for c in "BHIL")},
    **{c: [c_(v) for v in (0, 1, -1, 7, -100)] + [numpy.iinfo(c_).min] for c, c_ in ((c, numpy.dtype(c).type) for c in "bhil")},
    **{c: [numpy.dtype(c).type(v) for v in (0.0, -0.0, 1.5, -2.5, 1e-3, INF, -INF, NAN)] for c in "efd"},
    "?": [numpy.True_, numpy.False_],
}


def calls(name, taken):
    arguments = "x, y"[: 1 if taken == 1 else 4]
    text = f"def f({arguments}):\n    return {name}({arguments})\n"
    file = f"<{name} of {taken}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space = {"numpy": numpy, "math": math}
    exec(compile(text, file, "exec"), space)
    return space["f"]


QUICK = ("add", "floor_divide", "maximum", "rint", "sqrt", "logical_and", "left_shift", "sign")


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in sorted(UFUNCS)])
def test_ufuncs(name):
    taken = getattr(numpy, name).nin
    function = calls(f"numpy.{name}", taken)
    for char in "bLd" if name in QUICK else VALUES:
        agree(function, *[lambda v=v: v for v in itertools.product(VALUES[char][:8], repeat=taken)])


@pytest.mark.parametrize("name", ["abs", "int", "float", "bool", "complex", "round"])
def test_builtins_of_one(name):
    for char in VALUES:
        agree(calls(name, 1), *[lambda v=v: (v,) for v in VALUES[char]])


@pytest.mark.parametrize("name", ["min", "max", "divmod", "pow", "round"])
def test_builtins_of_two(name):
    for a, b in [("l", "l"), ("b", "b"), ("d", "d"), ("f", "f"), ("L", "L"), ("B", "l")]:
        pairs = list(itertools.product(VALUES[a], VALUES[b] if name != "round" else [0, 2, -1, None]))
        agree(calls(name, 2), *[lambda v=v: v for v in pairs])


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "sqrt", "fabs", "isnan", "frexp", "gcd", "factorial"])
def test_mathematics(name):
    taken = 2 if name == "gcd" else 1
    for char in ("b", "l", "L", "f", "d", "?"):
        agree(calls(f"math.{name}", taken), *[lambda v=v: v for v in itertools.product(VALUES[char][:6], repeat=taken)])
