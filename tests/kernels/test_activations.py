"""`gelu` against its definition in higher precision, and on arrays nobody likes."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import gelu

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


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=3), st.sampled_from(DTYPES), st.sampled_from((None, "tanh")), st.data())
def test_views(shape, dtype, approximate, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    step = data.draw(st.sampled_from((-2, -1, 1, 3)))
    x = (rng.standard_normal([max(side * abs(step), 1) for side in shape]) * 4).astype(dtype)[tuple(slice(None, None, step) for _ in shape)]
    x = x[tuple(slice(side) for side in shape)]
    got = gelu(x, approximate=approximate)
    assert got.shape == x.shape and got.dtype == dtype
    one_by_one = [gelu(np.array([each]), approximate=approximate)[0] for each in np.ravel(x)[:40]]
    assert np.array_equal(np.ravel(got)[:40], one_by_one)


def test_threads_change_no_bit():
    x = np.random.default_rng(2).standard_normal(200_003).astype(np.float32)
    found = []
    for threads in (1, 2, 3):
        with accel.parallel(threads):
            found.append(gelu(x))
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2]) and np.array_equal(found[0][99_990:100_020], gelu(x[99_990:100_020]))


def test_out():
    x = np.random.default_rng(3).standard_normal((5, 40))
    want = gelu(x)
    for out in (np.empty((5, 40)), np.empty((5, 40), order="F"), np.empty((5, 80))[:, ::2], np.empty((5, 40), ">f8")):
        assert gelu(x, out=out) is out and np.array_equal(out, want)
    assert np.array_equal(gelu(x, out=np.empty((5, 40), np.float32)), want.astype(np.float32))
    memory = np.empty(240)
    for start in (0, 7):
        mine, out = memory[:200].reshape(5, 40), memory[start : start + 200].reshape(5, 40)
        mine[:] = x
        assert np.array_equal(gelu(mine, out=out), want)
    assert np.array_equal(gelu(mine := x.copy(), out=mine[::-1]), want)
    assert np.array_equal(gelu(x.astype(">f8")), want)


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


@pytest.mark.parametrize("dtype", DTYPES)
def test_with_accel_off_it_means_the_same(dtype):
    x = np.linspace(-6, 6, 37).astype(dtype)
    want = gelu(x), gelu(x, approximate="tanh")
    with accel.disabled():
        found = gelu(x), gelu(x, approximate="tanh")
    assert all(map(np.array_equal, found, want))
