"""`gelu` against its definition in higher precision, and on arrays nobody likes."""

import mpmath
import numpy as np
import pytest

from accel.kernels import activations, gelu
from accel.testing import check_kernel

DTYPES = (np.float32, np.float64)
LOWEST = {np.float32: -13.9, np.float64: -38.0}


def exact(x):
    return x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def exact_tanh(x):
    return x / (1 + mpmath.exp(-2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)))


def errors(function, x, got):
    """In units of the last place."""
    with mpmath.workprec(200):
        wanted = [function(mpmath.mpf(float(each))) for each in x]
        steps = [np.spacing(abs(x.dtype.type(float(want)))) for want in wanted]
        return np.array([float(abs(float(each) - want) / float(step)) for each, want, step in zip(got, wanted, steps, strict=True)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_accuracy(dtype):
    rng = np.random.default_rng(1)
    lowest = LOWEST[dtype]
    x = np.concatenate([rng.uniform(lowest, 6, 300), rng.uniform(-1, 1, 300), rng.standard_normal(200), -(10.0 ** rng.uniform(-30, 0, 100))]).astype(dtype)
    assert errors(exact, x, gelu(x)).max() <= 5
    y = (-2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x.astype(float) ** 3)).clip(0)
    assert (errors(exact_tanh, x, gelu(x, approximate="tanh")) <= np.where(x >= 0, 3, 8 + 3 * y))[y < 80].all()


@pytest.mark.parametrize("approximate", [None, "none", "tanh"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_limits(dtype, approximate):
    most = np.finfo(dtype).max
    x = np.array([0.0, -0.0, np.inf, -np.inf, most, -most, -100.0, 100.0], dtype)
    want = np.array([0.0, -0.0, np.inf, -0.0, most, -0.0, -0.0, 100.0], dtype)
    got = gelu(x, approximate=approximate)
    assert np.array_equal(got, want) and np.array_equal(np.signbit(got), np.signbit(want))
    assert np.isnan(gelu(dtype(np.nan), approximate=approximate))
    one = gelu(dtype(1.0), approximate=approximate)
    assert type(one) is dtype and abs(one - 0.8413) < 2e-4


def rounded(x, approximate):
    """What is right, for numbers of any kind."""
    function = exact_tanh if approximate else exact
    with mpmath.workprec(200):
        return np.array([float(function(mpmath.mpf(float(each)))) if np.isfinite(each) else max(each, -0.0) for each in x.ravel()]).reshape(x.shape)


@pytest.mark.parametrize("approximate, ulp", [(None, 5), ("tanh", 100)])
def test_contract(approximate, ulp, monkeypatch):
    monkeypatch.setattr(activations, "_SHARED", 100)
    x = np.random.default_rng(2).standard_normal((3, 41)) * 2
    shapes = [[()], [(1,)], [(2, 1, 3)], [(15,)], [(17, 0)]]
    check_kernel(gelu, rounded, x, options={"approximate": approximate}, ulp=ulp, dtypes=DTYPES, shapes=shapes, interpreted=True)
    assert np.array_equal(gelu(x)[1, 5:12], gelu(x[1, 5:12]))
    assert np.array_equal(gelu(x, out=np.empty(x.shape, np.float32)), gelu(x).astype(np.float32))


def test_what_does_not_fit():
    x = np.ones(3)
    with pytest.raises(ValueError, match="gelu: `approximate` is None or \"tanh\", not 'erf'"):
        gelu(x, approximate="erf")
    with pytest.raises(ValueError, match=r"gelu: `out` has shape \(4,\), the result \(3,\)"):
        gelu(x, out=np.ones(4))
    with pytest.raises(TypeError, match="gelu: `out` must be an array, not list"):
        gelu(x, out=[0.0])
    with pytest.raises(TypeError, match="gelu takes arrays of float32 and float64"):
        gelu(x.astype(int))


