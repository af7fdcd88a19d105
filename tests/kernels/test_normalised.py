"""Softmax and layer normalisation against the same in higher precision, on rows around the width of lanes and on arrays nobody likes."""

from functools import partial

import numpy as np
import pytest

import accel
from accel.kernels import layer_norm, log_softmax, normalised, softmax
from accel.testing import check_kernel

DTYPES = (np.float32, np.float64)
LENGTHS = (1, 2, 3, 15, 16, 17, 31, 32, 33, 64, 100, 768, 4096, 4097, 9000)


def unit(dtype):
    return np.finfo(dtype).eps / 2


def exact_softmax(x, axis=-1):
    """Softmax and its logarithm in higher precision, how far elements are below the greatest, and how long the axis is."""
    x = x.astype(np.longdouble)
    below = x.max(axis, keepdims=True) - x
    total = np.exp(-below).sum(axis, keepdims=True)
    return np.exp(-below) / total, -below - np.log(total), below


def check_softmax(x, axis=-1):
    dtype = x.dtype.type
    want, want_log, below = exact_softmax(x, axis)
    got, got_log = softmax(x, axis), log_softmax(x, axis)
    assert got.shape == got_log.shape == x.shape and got.dtype == got_log.dtype == dtype and got.flags.c_contiguous
    least, slack = float(np.finfo(dtype).smallest_subnormal), 6 + np.log(x.shape[axis])
    assert (abs(got - want) <= (below + slack) * unit(dtype) * want + 2 * least).all()
    assert (abs(got_log - want_log) <= (below + abs(want_log) + slack) * unit(dtype)).all()


def exact_norm(x, weight=None, bias=None, eps=1e-5, axis=-1):
    x = x.astype(np.longdouble)
    d = x - x.mean(axis, keepdims=True)
    y = d / np.sqrt((d * d).mean(axis, keepdims=True) + np.longdouble(eps))
    return y, y * (1 if weight is None else weight) + (0 if bias is None else bias)


def check_norm(x, weight=None, bias=None, **options):
    dtype = x.dtype.type
    y, want = exact_norm(x, weight, bias, **options)
    got = layer_norm(x, weight, bias, **options)
    assert got.shape == x.shape and got.dtype == dtype
    size = 1 if weight is None else abs(weight)
    assert (abs(got - want) <= 12 * unit(dtype) * (1 + abs(y)) * size + 2 * unit(dtype) * abs(want)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_all_lengths(dtype):
    rng = np.random.default_rng(1)
    for n in LENGTHS:
        x = (rng.standard_normal((3, n)) * 4).astype(dtype)
        check_softmax(x)
        weight, bias = rng.standard_normal((2, n)).astype(dtype)
        for follow in ((None, None), (weight, bias), (weight, None), (None, bias)):
            check_norm(x, *follow)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mean_far_from_zero_costs_nothing(dtype):
    rng = np.random.default_rng(2)
    for n in (20, 1000):
        for x in (rng.standard_normal((4, n)) + 1e4, np.concatenate([np.full((4, 40), -1e4), rng.standard_normal((4, n))], -1)):
            check_norm(x.astype(dtype))
            check_norm(x.astype(dtype), eps=0.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_of_any_size(dtype):
    lowest = {np.float32: -110.0, np.float64: -760.0}[dtype]
    x = np.linspace(lowest, 0.0, 3001).astype(dtype)[:, None] * np.array([0.0, 1.0], dtype)
    check_softmax(x)
    got = softmax(x)[:, 1]
    assert got[0] == 0 and 0 < got[got > 0].min() < np.finfo(dtype).smallest_normal
    assert np.array_equal(softmax(np.array([3.4e38, 0.0, -3.4e38], dtype)), [1.0, 0.0, 0.0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_contract(dtype, monkeypatch):
    monkeypatch.setattr(normalised, "_SHARED", 100)
    x, weight, bias = (np.random.default_rng(3).standard_normal(shape).astype(dtype) for shape in ((5, 4, 37), 37, 37))
    shapes = [[(1,)], [(3, 1)], [(1, 300)], [(7, 0)], [(2, 3, 1, 5)]]

    def exact(of, x, axis, **more):
        return of(x, axis=axis, **more) if x.shape[axis] else x

    for axis in (-1, 1, 0):
        how = {"options": {"axis": axis}}
        for kernel, number, bound in (
            (softmax, 0, lambda want, x, axis: (exact_softmax(x, axis)[2] + 6 + np.log(40.0)) * unit(dtype) * want + 2 * float(np.finfo(dtype).smallest_subnormal)),
            (log_softmax, 1, lambda want, x, axis: (exact_softmax(x, axis)[2] + abs(want) + 6 + np.log(40.0)) * unit(dtype)),
        ):
            reference = partial(exact, lambda x, axis, number=number: exact_softmax(x, axis)[number])
            check_kernel(kernel, reference, x / 4, bound=lambda want, x, axis, bound=bound: bound(want, x, axis) if x.shape[axis] else 0.0, **how)
        check_kernel(layer_norm, partial(exact, lambda x, axis: exact_norm(x, axis=axis)[1]), x, bound=lambda want, x, axis: 12 * unit(dtype) * (1 + abs(want)), shapes=shapes if axis == -1 else (), **how)
    check_kernel(layer_norm, lambda x, weight, bias: exact_norm(x, weight, bias)[1] if x.shape[-1] else x, x[:1, :2], weight, bias, interpreted=True,
                 bound=lambda want, x, weight, bias: 12 * unit(dtype) * (1 + abs(exact_norm(x)[0])) * abs(weight) + 2 * unit(dtype) * abs(want) if x.shape[-1] else 0.0)
    for kernel in (softmax, log_softmax):
        with accel.disabled():
            found = kernel(x[0, :1])
        assert np.array_equal(found, kernel(x[0, :1]))
    alone = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    assert np.array_equal(softmax(x, 1)[3, :, 7], softmax(alone[3, 7])) and np.array_equal(layer_norm(x)[2, 1], layer_norm(x[2, 1]))
    assert np.array_equal(softmax(x, out=np.empty(x.shape, np.float32)), softmax(x).astype(np.float32)) and softmax([1.0, 2.0]).dtype == np.float64


@pytest.mark.parametrize("dtype", DTYPES)
def test_not_finite(dtype):
    nan, inf = np.nan, np.inf
    x = np.zeros((5, 40), dtype)
    x[0, 3], x[1, 3], x[2, 3], x[3] = nan, inf, -inf, -inf
    for function in (softmax, log_softmax, layer_norm):
        got = function(x)
        assert np.isnan(got[[0, 1, 3]]).all() and not np.isnan(got[4]).any()
    assert softmax(x)[2, 3] == 0 and log_softmax(x)[2, 3] == -inf and np.isnan(layer_norm(x)[2]).all()
    assert np.isnan(layer_norm(np.array([3e38, -3e38, 1.0], np.float32))).all()
    assert np.array_equal(layer_norm(np.full((2, 50), 1e6, dtype)), np.zeros((2, 50)))
    assert np.isnan(layer_norm(np.ones((2, 5), dtype), eps=0.0)).all()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "layer_norm"])
def test_what_does_not_fit(name):
    function = getattr(accel.kernels, name)
    x = np.ones((2, 3))
    kept = np.ones((2, 3))
    kept.flags.writeable = False
    for axis in (2, -3):
        with pytest.raises(ValueError, match=f"{name}: axis {axis} is out of range for an array with 2 axes"):
            function(x, axis=axis)
    with pytest.raises(ValueError, match=f"{name}: axis -1 is out of range for an array with 0 axes"):
        function(1.0)
    with pytest.raises(TypeError, match=f"{name}: `axis` must be an int, not float"):
        function(x, axis=1.0)
    with pytest.raises(ValueError, match=f"{name}: `out` is read-only"):
        function(x, out=kept)
    with pytest.raises(ValueError, match=rf"{name}: `out` has shape \(3,\), the result \(2, 3\)"):
        function(x, out=np.ones(3))
    with pytest.raises(TypeError, match=f"{name}: `out` of int64 can't hold float64"):
        function(x, out=np.ones((2, 3), np.int64))
    for dtype in (np.int64, np.bool_, np.float16, np.complex128, object):
        with pytest.raises(TypeError, match=f"{name} takes arrays of float32 and float64"):
            function(x.astype(dtype))


def test_what_does_not_fit_layer_norm():
    x = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"layer_norm: `weight` has shape \(2,\), the axis has length 3"):
        layer_norm(x, np.ones(2))
    with pytest.raises(ValueError, match=r"layer_norm: `bias` has shape \(1, 3\), the axis has length 3"):
        layer_norm(x, None, np.ones((1, 3)))
    for eps in (-1.0, np.nan):
        with pytest.raises(ValueError, match="layer_norm: `eps` is"):
            layer_norm(x, eps=eps)


