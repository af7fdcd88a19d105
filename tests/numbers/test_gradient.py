"""`grad`: derivatives of Python functions, against formulas with many digits."""

import math
import os
import subprocess
import sys
from math import sqrt

import numpy as np
import pytest

import accel
from accel.types import Dual, grad, value_and_grad
from tests.differential.counters import require_compiled

FACTOR = 2.0


def curve(x):
    return math.sin(x) * math.exp(-x * x) + x**3


def rational(x):
    return (x**3 - 2.0 * x + 1.0) / (1.0 + x * x)


def logistic(x):
    return 1.0 / (1.0 + math.exp(-x))


def bell(x):
    return math.exp(-0.5 * x * x) / sqrt(2.0 * math.pi)


def polynomial(x):
    s = 0
    for k in range(6):
        s = s * x + k
    return s


def branches(x):
    if x < 1.0:
        return math.tanh(x)
    elif x > 2.0:
        return 2.0
    return math.log(x, 2) + helper(x, 3.0)


def helper(x, k):
    return np.sqrt(x) * k + FACTOR


def powers(x):
    return x**2.5 + 2.0**x + math.pow(x, 1.5)


def waves(x):
    return math.atan(x) * math.cos(3.0 * x) - math.hypot(x, 1.0)


def folded(x):
    return max(x, 0.5) * min(2.0, x, 5.0) + abs(x - 1.25)


def recursive(x, n=5):
    return 1.0 if n == 0 else x * recursive(x, n - 1) / n + recursive(x, 0)


CURVES = [curve, rational, logistic, bell, polynomial, branches, powers, waves, folded, recursive]


def exact(function, x):
    """The derivative with 50 digits, by a difference of the function over numbers of many digits."""
    mpmath = pytest.importorskip("mpmath")
    mp = mpmath.mp.clone()
    mp.dps = 60

    class Digits:
        """`math` and NumPy over such numbers."""

        pi, pow = mp.mpf(math.pi), staticmethod(mp.power)
        log = staticmethod(lambda v, b=None: mp.log(v) if b is None else mp.log(v, b))

        def __getattr__(self, name):
            return getattr(mp, name)

    def twin(function):
        space = {**function.__globals__, "math": Digits(), "np": Digits(), "sqrt": mp.sqrt}
        space.update({g.__name__: type(g)(g.__code__, space, g.__name__, g.__defaults__) for g in (helper, recursive)})
        return type(function)(function.__code__, space, function.__name__, function.__defaults__)

    step = mp.mpf(10) ** -25
    over = twin(function)
    return (over(mp.mpf(x) + step) - over(mp.mpf(x) - step)) / (2 * step)


@pytest.mark.parametrize("function", CURVES, ids=lambda f: f.__name__)
def test_accuracy(function):
    derivative = grad(function)
    for x in (0.7, 0.3, 1.5, 2.25):
        true = exact(function, x)
        for _ in range(2):
            found = derivative(x)
            assert type(found) is float and abs(found - true) <= 4 * math.ulp(float(true)), (x, found, float(true))
        with accel.disabled():
            assert derivative(x).hex() == found.hex()
        value, slope = value_and_grad(function)(x)
        assert value == function(x) and slope.hex() == found.hex()
    require_compiled(derivative)


FUNCTIONS = "acos acosh asin asinh atan atanh cbrt cos cosh degrees erf erfc exp exp2 expm1 fabs log log10 log1p log2 radians sin sinh sqrt tan tanh".split()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_rule(name):
    mpmath = pytest.importorskip("mpmath")
    mp = mpmath.mp.clone()
    mp.dps = 60
    function = getattr(math, name)
    known = {"exp2": lambda v: mp.power(2, v), "log2": lambda v: mp.log(v, 2), "log10": lambda v: mp.log(v, 10), "fabs": abs, "cbrt": lambda v: mp.sign(v) * mp.cbrt(abs(v))}
    over = known.get(name) or getattr(mp, name)

    def apply(x):
        return function(x)

    derivative, step = grad(apply), mp.mpf(10) ** -25
    for x in (0.01, 0.3, 0.999, 1.5, 4.25, -0.7):
        try:
            value = function(x)
            if name == "acosh" and x < 1 or name == "atanh" and abs(x) >= 1:
                continue
        except ValueError:
            continue
        true = (over(mp.mpf(x) + step) - over(mp.mpf(x) - step)) / (2 * step)
        found = derivative(x)
        assert abs(found - true) <= 4 * math.ulp(float(mp.re(true))), (x, found, true)
        assert value_and_grad(apply)(x)[0] == value


@pytest.mark.parametrize("name", "sin cos tan arcsin arctan sinh tanh exp log log1p sqrt cbrt square reciprocal absolute".split())
def test_numpy_on_numbers(name):
    function = getattr(np, name)

    def apply(x):
        return function(x) * 2.0

    if name in ("square", "reciprocal"):
        with pytest.raises(accel.ArgumentError, match=f"`numpy.{name}` has no derivative rule"):
            grad(apply)(0.5)
        return
    found = grad(apply)(0.5)
    assert found == pytest.approx(float(function(0.5 + 1e-6) - function(0.5 - 1e-6)) / 1e-6, rel=1e-8) and type(found) is float


@pytest.mark.parametrize("name", ["atan2", "hypot", "pow", "fmod", "copysign"])
def test_two_numbers(name):
    function = getattr(math, name)

    def apply(x, y):
        return function(x, y)

    slopes = grad(apply, argnums=(0, 1))(2.6, 1.25)
    h = 1e-6
    assert slopes[0] == pytest.approx((function(2.6 + h, 1.25) - function(2.6 - h, 1.25)) / (2 * h), rel=1e-7)
    assert slopes[1] == pytest.approx((function(2.6, 1.25 + h) - function(2.6, 1.25 - h)) / (2 * h), rel=1e-7)
    assert slopes == (grad(apply)(2.6, 1.25), grad(apply, 1)(2.6, 1.25))


def test_parameters():
    def f(a, b, *more, k=2.0, **named):
        return a * b * b * k + sum(more)

    assert grad(f)(2.0, 3.0) == 18.0 and grad(f, argnums=1)(2.0, 3.0, 5.0, k=3.0) == 36.0
    assert grad(f, argnums=(1, 0))(2.0, 3.0) == (24.0, 18.0) and grad(f, argnums=(0,))(2, 3) == (18.0,)
    derivative = grad(f)
    assert derivative.__name__ == "f" and derivative.__qualname__.startswith("grad(") and "f" in derivative.__doc__


def test_conventions():
    def flat(x):
        return x // 1 + math.floor(x) + round(x) + int(x)

    assert grad(flat)(2.5) == 0.0
    assert grad(lambda x: abs(x))(0.0) == 0.0 and grad(lambda x: math.fabs(x))(-0.0) == 0.0
    assert grad(lambda x: max(x, 2.0))(2.0) == 1.0 and grad(lambda x: max(2.0, x))(2.0) == 0.0
    assert grad(lambda x: min(x, 2.0, 3.0))(2.0) == 1.0 and grad(lambda x: 3)(1.0) == 0.0
    assert grad(lambda x: float(x) * 2.0 if isinstance(x, float) else 0.0)(1.0) == 2.0
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: math.sqrt(x))(0.0)


def test_numbers_outside_are_read_as_they_are_now():
    global FACTOR
    limit = 1.0

    def scaled(x):
        return x * FACTOR * limit

    derivative = grad(scaled)
    assert [derivative(1.0) for _ in range(3)] == [2.0] * 3
    FACTOR, limit = 5.0, 3.0
    assert derivative(1.0) == 15.0
    FACTOR = 2.0


def test_decorated_functions_and_compiled_callers():
    @accel.fn
    def area(r: float) -> float:
        return math.pi * r * r

    slope = grad(area)

    @accel.fn
    def descend(x, steps):
        for _ in range(steps):
            x -= 0.1 * slope(x)
        return x

    with accel.disabled():
        wanted = descend(3.0, 20)
    assert [descend(3.0, 20) for _ in range(3)] == [wanted] * 3
    require_compiled(descend)


def test_names_on_both_sides():
    def mixed(x, n):
        a, b = 0.0, 1.0
        best = 0
        while n > 0:
            a, b = b * x, a + 1.0
            if a > best:
                best = a
            n -= 1
        scale = 2.0 if best > 1e300 else x
        return best * scale

    derivative = grad(mixed)
    h = 1e-6
    for n in (0, 1, 4, 7):
        found = [derivative(1.3, n) for _ in range(3)]
        assert found[0] == pytest.approx((mixed(1.3 + h, n) - mixed(1.3 - h, n)) / (2 * h), rel=1e-7) and len({*found}) == 1
    require_compiled(derivative)


def test_what_has_no_derivative():
    with pytest.raises(accel.ArgumentError, match="`math.gamma` has no derivative rule") as caught:
        grad(lambda x: math.gamma(x) + 1)(0.5)
    assert caught.value.diagnostics[0].slug == "no-derivative" and "math.gamma(x)" in str(caught.value)
    assert grad(lambda x: math.gamma(3.5) * x)(2.0) == math.gamma(3.5)
    with pytest.raises(accel.ArgumentError, match="`.*lambda>` gives an object of class tuple"):
        grad(lambda x: (x, x))(0.5)
    with pytest.raises(accel.ArgumentError, match="`sin` is no Python function"):
        grad(math.sin)
    for wrong in (1, -1, (), (0, 0), 0.5, "x"):
        with pytest.raises(accel.ArgumentError, match="has no such parameters to differentiate in"):
            grad(curve, argnums=wrong)
    with pytest.raises(TypeError):
        grad(curve)("0.5")
    with pytest.raises(TypeError):
        grad(grad(curve))(0.5)
    with pytest.raises(accel.CompileError, match="no source"):
        grad(eval(compile("lambda x: x", "<nowhere>", "eval")))  # `<string>` is what the interpreter runs by `-c`, in 3.13


def test_with_accel_off():
    text = "import tests.numbers.test_gradient as t; print(*[t.grad(f)(x).hex() for f in t.CURVES for x in (0.3, 1.5, 2.25)])"
    found = [subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, env={**os.environ, "ACCEL": switch}).stdout for switch in ("0", "1")]
    here = " ".join(grad(f)(x).hex() for f in CURVES for x in (0.3, 1.5, 2.25))
    assert found[0] == found[1] == here + "\n"


def test_in_ufuncs():
    slope = grad(curve)

    @accel.vectorize
    def along(x):
        return slope(x) + Dual[float, 1](x, (1.0,)).partials[0]

    points = np.linspace(0.0, 2.0, 50)
    assert along(points).tolist() == [slope(x) + 1.0 for x in points.tolist()]
