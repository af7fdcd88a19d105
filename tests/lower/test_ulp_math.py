"""Elementary functions to one unit in the last place: the same bits however they are computed, the errors of `math` and the warnings of NumPy."""

from __future__ import annotations

import hashlib
import json
import linecache
import math
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel import vectorize
from accel.lower.text import Module
from accel.lower.ulp_math import FORMULAS, define_ulp
from tests.accuracy.points import make_points
from tests.architecture.modules import ROOT

BINARY = ("atan2", "pow")
IN_NUMPY = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
EDGES = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-40, 1.0, -1.0, 709.7, 710.0, -745.0, -746.0, 88.7, 89.0, -104.0, 1e300, -1e30, 3e9, 0.5, -2.0]


def make_function(text: str) -> Callable[..., Any]:
    """A function from its source text, which accel can read."""
    name = f"<{text}>"
    linecache.cache[name] = (len(text), None, [f"{text}\n"], name)
    space: dict[str, Any] = {"np": np, "math": math}
    exec(compile(f"{text}\n", name, "exec"), space)
    return space["f"]


def make_ulp(text: str, **options: Any) -> Any:
    return vectorize(accuracy="1ulp", **options)(make_function(text))


def text_of(name: str) -> str:
    if name == "pow":
        return "def f(x, y): return x ** y"  # `numpy.power` of floats is left to NumPy
    operands = "x, y" if name in BINARY else "x"
    module = "np" if hasattr(np, IN_NUMPY.get(name, name)) else "math"
    return f"def f({operands}): return {module}.{IN_NUMPY.get(name, name) if module == 'np' else name}({operands})"


def operands_of(name: str, char: str, count: int) -> list[Any]:
    with np.errstate(all="ignore"):
        return [np.concatenate([operand, np.array(EDGES).astype(char)]) for operand in make_points(name, char, count)]


def hash_all() -> dict[str, str]:
    """A digest of the results of each function and type, by the vectors of the processor compiled for."""
    made = {}
    for name in FORMULAS:
        function = make_ulp(text_of(name), cache=False)
        for char in "df":
            operands = operands_of(name, char, 2000)
            with np.errstate(all="ignore"):
                results = function(*operands)
            results = np.where(np.isnan(results), np.array(np.nan, results.dtype), results)
            made[f"{name}.{char}"] = hashlib.sha256(results.tobytes()).hexdigest()
    return made


@pytest.mark.slow
@pytest.mark.parametrize("processor", ["x86-64", "x86-64-v3"])
def test_bits_are_the_same_for_other_processors(processor: str) -> None:
    code = "import json; from tests.lower.test_ulp_math import hash_all; print(json.dumps(hash_all()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "ACCEL_CPU": processor}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == hash_all()


@pytest.mark.parametrize("char", "df")
@pytest.mark.parametrize("name", list(FORMULAS))
def test_bits_do_not_depend_on_the_place(name: str, char: str) -> None:
    """Few elements are done one by one, others in blocks, those that do not lie side by side through buffers."""
    operands = operands_of(name, char, 200)
    function = make_ulp(text_of(name))
    with np.errstate(all="ignore"):
        whole = function(*operands)
        apart = function(*(np.repeat(o, 3)[::3] for o in operands))
        single = np.array([function(*(o[k : k + 1] for o in operands))[0] for k in range(len(operands[0]))])
    for other in (apart, single):
        assert np.array_equal(whole, other, equal_nan=True)
        assert np.array_equal(np.signbit(whole), np.signbit(other)) or np.isnan(whole).any()


@pytest.mark.parametrize("text", ["math.exp(x)", "math.log(x)", "math.sin(x)", "math.tanh(x)", "math.asin(x)", "math.acosh(x + 1.0)", "math.atanh(x)"])
@pytest.mark.parametrize("bad", [-1.0, 1000.0, math.inf, -math.inf, math.nan, 0.0])
def test_errors_are_those_of_math(text: str, bad: float) -> None:
    plain = make_function(f"def f(x): return {text}")
    function = make_ulp(f"def f(x): return {text}")
    operands = np.full(64, 0.5)
    operands[37] = bad
    try:
        want = plain(bad)
    except Exception as error:
        with pytest.raises(type(error)) as caught:
            function(operands)
        assert str(caught.value) == str(error)
    else:
        assert function(operands)[37] == pytest.approx(want, rel=1e-15, nan_ok=True)
        assert function(operands)[0] == pytest.approx(plain(0.5), rel=1e-15)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("exp", 1e3, "overflow encountered in exp"), ("log", 0.0, "divide by zero encountered in log"), ("log", -1.0, "invalid value encountered in log"), ("sin", math.inf, "invalid value encountered in sin"), ("arccos", 2.0, "invalid value encountered in arccos"), ("arctanh", 1.0, "divide by zero encountered in arctanh")],
)
@pytest.mark.parametrize("char", "df")
def test_warnings_are_those_of_numpy(name: str, value: float, told: str, char: str) -> None:
    function = make_ulp(f"def f(x): return np.{name}(x)")
    operands = np.full(50, 0.5, char)
    operands[33] = value
    with pytest.warns(RuntimeWarning, match=told):
        made = function(operands)
    with np.errstate(all="ignore"):
        assert np.array_equal(made[33], getattr(np, name)(operands[33]), equal_nan=True)
    assert made.dtype == char


def test_under_masks_and_in_loops() -> None:
    """Lanes that are not active have any number in them: no warning, no detour, no other bits."""
    branches = make_ulp("def f(x):\n    if x > 0.0:\n        y = np.log(x)\n    else:\n        y = np.exp(x)\n    for k in range(3):\n        y = y * 0.5 + np.sin(y)\n    return y")
    values = np.random.default_rng(4).normal(size=1000) * 20
    assert "lanes at a time" in branches.accel.explain() or branches(values) is not None
    together = branches(values)
    assert np.array_equal(together, [branches(values[k : k + 1])[0] for k in range(1000)])
    logs, exps = make_ulp("def f(x): return np.log(x)"), make_ulp("def f(x): return np.exp(x)")
    want = np.where(values > 0, logs(np.abs(values)), exps(-np.abs(values)))
    for _ in range(3):
        want = want * 0.5 + make_ulp("def f(x): return np.sin(x)")(want)
    assert np.array_equal(together, want)
    assert branches.accel.counters["plain"] == 0


def test_uniform_operands() -> None:
    function = make_ulp("def f(x, s): return x * np.exp(s)")
    values = np.linspace(0.5, 2.0, 77)
    want = values * make_ulp("def f(x): return np.exp(x)")(np.array([0.7]))[0]
    assert np.array_equal(function(values, 0.7), want)


def test_bits_do_not_depend_on_threads() -> None:
    values = np.random.default_rng(8).normal(size=300_001)
    text = "def f(x): return np.sin(x) * np.exp(x)"
    assert np.array_equal(make_ulp(text)(values), make_ulp(text, threads=2)(values))


def test_both_grades_of_one_function_are_cached_apart() -> None:
    values, text = np.linspace(-3, 3, 5000), "def f(x): return math.sin(x) + 0.25"
    for _ in range(2):
        assert np.array_equal(vectorize(make_function(text))(values), [math.sin(x) + 0.25 for x in values])
        assert not np.array_equal(make_ulp(text)(values), [math.sin(x) + 0.25 for x in values])


def test_powers() -> None:
    values = np.linspace(0.1, 9.0, 333)
    assert np.array_equal(make_ulp("def f(x): return x ** 2")(values), values * values)
    assert np.array_equal(make_ulp("def f(x: float): return x ** 3")(values), values * values * values)
    assert make_ulp("def f(x): return x ** 0.5")(values) == pytest.approx(np.sqrt(values), rel=3e-16)
    power = make_ulp("def f(x, y): return x ** y")
    assert power(values, 1.7) == pytest.approx(values**1.7, rel=3e-16)
    assert power(-values, 3.0) == pytest.approx((-values) ** 3.0, rel=3e-16)
    assert power(values.astype("f"), np.float32(1.7)) == pytest.approx(values**1.7, rel=3e-7)
    with pytest.raises(OverflowError):
        make_ulp("def f(x: float): return x ** 400.0")(np.full(40, 9.0))
    with pytest.raises(ZeroDivisionError):
        make_ulp("def f(x: float): return x ** -1.0")(np.zeros(40))


def test_halves_stay_with_numpy() -> None:
    values = np.linspace(-2, 2, 100).astype("e")
    made = make_ulp("def f(x): return np.exp(x)")(values)
    assert made.dtype == "e" and np.array_equal(made, np.exp(values))


def test_explain_says_the_grade() -> None:
    function = make_ulp("def f(x): return math.exp(x) + math.nextafter(x, 1.0)")
    function(np.ones(3))
    assert "calls: exp to 1 ulp, nextafter exact" in function.accel.explain()
    exact = vectorize(make_function("def f(x): return np.exp(x)"))
    exact(np.ones(3))
    assert "calls: exp exact" in exact.accel.explain()


def test_a_function_is_written_once() -> None:
    module = Module("1ulp")
    assert define_ulp(module, "ulp.exp.double", 8) == define_ulp(module, "ulp.exp.double", 8) == '@"ulp.exp.double.x8"'
    assert str(module).count("define internal <8 x double>") == 1
