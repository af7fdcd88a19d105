"""Softmax and layer normalisation against the same in higher precision, on rows around the width of lanes and on arrays nobody likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import layer_norm, log_softmax, softmax

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


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=4), st.sampled_from(DTYPES), st.data())
def test_views(shape, dtype, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    steps = [data.draw(st.sampled_from((-2, -1, 1, 2, 3))) for _ in shape]
    base = (rng.standard_normal([max(side * abs(step), 1) for side, step in zip(shape, steps, strict=True)]) * 3).astype(dtype)
    x = base[tuple(slice(None, None, step) for step in steps)][tuple(slice(side) for side in shape)]
    x = np.broadcast_to(x[:1], x.shape) if shape[0] and data.draw(st.booleans()) else np.asfortranarray(x) if data.draw(st.booleans()) else x
    x.flags.writeable = False
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    if not x.size:
        assert softmax(x, axis).shape == log_softmax(x, axis).shape == layer_norm(x, axis=axis).shape == x.shape
        return
    check_softmax(x, axis)
    check_norm(x, axis=axis)
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    for function in (softmax, log_softmax, lambda x, axis: layer_norm(x, axis=axis)):
        got = np.moveaxis(function(x, axis), axis, -1)
        assert np.array_equal(got, function(rows, -1)) and np.array_equal(got.reshape(-1, x.shape[axis])[-1], function(rows.reshape(-1, x.shape[axis])[-1], -1))


def test_awkward_memory():
    rng = np.random.default_rng(3)
    x, weight = rng.standard_normal((6, 50)), rng.standard_normal(50)
    shifted = np.frombuffer(b"x" + x.tobytes(), np.uint8)[1:].view(np.float64).reshape(6, 50)
    assert not shifted.flags.aligned
    for function in (softmax, log_softmax, layer_norm, lambda x: layer_norm(x, weight, weight)):
        want = function(x)
        assert all(np.array_equal(function(each), want) for each in (shifted, x.astype(">f8"), x.tolist()))
    want = layer_norm(x, weight, weight)
    for each in (weight.astype(">f8"), np.repeat(weight, 2)[::2], weight[::-1].copy()[::-1], weight.tolist()):
        assert np.array_equal(layer_norm(x, each, each), want)
    assert softmax([1.0, 2.0]).dtype == np.float64


@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_change_no_bit(dtype):
    rng = np.random.default_rng(4)
    x, weight = rng.standard_normal((301, 500)).astype(dtype), rng.standard_normal(500).astype(dtype)
    found = []
    for threads in (1, 2, 3):
        with accel.parallel(threads):
            found.append((softmax(x), log_softmax(x), layer_norm(x, weight, weight)))
    for other in found[1:]:
        assert all(map(np.array_equal, other, found[0]))
    assert np.array_equal(found[0][0][7], softmax(x[7])) and np.array_equal(found[0][2][7], layer_norm(x[7], weight, weight))


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


@pytest.mark.parametrize("function", [softmax, log_softmax, layer_norm, lambda x, **out: layer_norm(x, x[0], x[0], **out)])
def test_out(function):
    rng = np.random.default_rng(5)
    for shape in ((4, 33), (33, 4)):
        x = rng.standard_normal(shape)
        want = function(x)
        for out in (np.empty(shape), np.empty(shape, order="F"), np.empty((shape[0], 2 * shape[1]))[:, ::2], np.empty(shape, ">f8"), np.empty(shape)[::-1]):
            assert function(x, out=out) is out and np.array_equal(out, want)
        assert np.array_equal(function(x, out=np.empty(shape, np.float32)), want.astype(np.float32))
        memory = np.empty(x.size + 5)
        for start in (0, 3):  # the same memory, and memory that overlaps
            mine = memory[: x.size].reshape(shape)
            mine[:] = x
            out = memory[start : start + x.size].reshape(shape)
            function(mine, out=out)
            assert np.array_equal(out, want)
        mine = x.copy()
        if function in (softmax, log_softmax):
            assert np.array_equal(function(mine, axis=0, out=mine), function(x, axis=0))
        assert np.array_equal(function(mine := x.copy(), out=mine[::-1]), want)


def test_weights_that_lie_where_the_result_goes():
    rng = np.random.default_rng(6)
    x, both = rng.standard_normal((3, 40)), rng.standard_normal((3, 40))
    want = layer_norm(x, both[0], both[2])
    assert np.array_equal(layer_norm(x, both[0], both[2], out=both), want)


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


@pytest.mark.parametrize("dtype", DTYPES)
def test_with_accel_off_it_means_the_same(dtype):
    x = (np.random.default_rng(7).standard_normal((2, 37)) * 3).astype(dtype)
    want = softmax(x), log_softmax(x), layer_norm(x, x[0], x[1])
    with accel.disabled():
        found = softmax(x), log_softmax(x), layer_norm(x, x[0], x[1])
    assert all(map(np.array_equal, found, want))
