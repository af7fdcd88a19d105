"""Histograms against NumPy's, count by count, where numbers lie on edges and beside them."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel.kernels import bincount, histogram, histograms
from accel.testing import check_kernel

slow = pytest.mark.slow


def check(a, weights=None, **options):
    counts, edges = histogram(a, weights=weights, **options)
    want, want_edges = np.histogram(a, weights=weights, **options)
    assert edges.dtype == want_edges.dtype and np.array_equal(edges, want_edges)
    assert counts.dtype == want.dtype and (np.array_equal(counts, want) if weights is None else np.allclose(counts, want, rtol=1e-12))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8])
def test_counts_are_numpys(dtype):
    rng = np.random.default_rng(1)
    for n in (0, 1, 7, 8, 9, 700, 5001):
        a = (rng.standard_normal(n) * 30 + 100).astype(dtype)
        for options in ({}, {"bins": 7}, {"bins": 3, "range": (0, 100)}, {"bins": 1000, "range": (-3.5, 170.1)}, {"bins": [0, 10, 20, 20, 100]}, {"bins": np.linspace(0, 200, 38)}):
            check(a, **options)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bins", [1, 3, 10, 49, 1000])
def test_numbers_on_edges_and_beside_them(bins, dtype):
    for first, last in ((0.0, 1.0), (-0.1, 0.7), (1e6, 1e6 + 1000), (1e-40, 3e-38)):
        edges = np.linspace(first, last, bins + 1, dtype=dtype)
        if (edges[1:] > edges[:-1]).all():
            a = np.concatenate([edges, np.nextafter(edges, dtype(np.inf)), np.nextafter(edges, dtype(-np.inf))])
            check(a, bins=bins, range=(first, last))
            check(a, bins=bins)
            check(a, bins=edges)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), max_size=40), st.integers(1, 20), st.data())
def test_any_numbers(values, bins, data):
    a = np.array(values)
    edges = sorted(data.draw(st.lists(st.sampled_from([*values, 0.0, 1.0]) | st.floats(-1e6, 1e6), min_size=2, max_size=9)))
    check(a, bins=edges)
    check(a, bins=bins, range=(-1000.0, 1000.0))
    try:
        np.histogram(a, bins=bins)
    except ValueError:
        with pytest.raises(ValueError, match="is too small for"):
            histogram(a, bins=bins)
    else:
        check(a, bins=bins)


def test_weights():
    rng = np.random.default_rng(2)
    a = rng.standard_normal((20, 50))
    for weights in (rng.random((20, 50)), rng.integers(0, 9, (20, 50)), np.ones((20, 50), np.float32)):
        check(a, weights)
        check(a, weights, bins=[-1.0, 0.0, 0.5, 2.0])


def test_what_is_not_finite_is_not_counted():
    a = np.array([np.nan, 1.0, np.inf, 2.0, -np.inf, np.nan, 3.0, 0.0, 1.5])
    check(a, bins=3, range=(0, 3))
    counts, _ = histogram(a, bins=[0, 1, 3])
    assert counts.tolist() == [1, 4]
    with pytest.raises(ValueError, match="histogram: the range, that of the numbers, from nan to nan, is not finite"):
        histogram(a)


def in_float64(function):
    """NumPy's function, for numbers in higher precision that are none."""
    return lambda *arrays, **options: function(*(each.astype(np.float64) if each.dtype.kind == "f" else each for each in arrays), **options)


def test_contract(monkeypatch):
    monkeypatch.setattr(histograms, "SHARED", 100)
    rng = np.random.default_rng(3)
    a, x, weights = rng.standard_normal((30, 40)), rng.integers(0, 50, 1001), rng.standard_normal(1001)
    for bins in (9, 12, [-1, 0, 2]):
        check_kernel(histogram, in_float64(np.histogram), a, options={"bins": bins}, out=False, special=False, empty=False)
        check_kernel(histogram, in_float64(np.histogram), a[:2, :30], options={"bins": bins}, out=False, special=False, empty=False, interpreted=True)
    check_kernel(partial(histogram, bins=[-1, 0, 2]), partial(in_float64(np.histogram), bins=[-1, 0, 2]), a, out=False)
    check_kernel(lambda a, weights: histogram(a, 12, weights=weights)[0], in_float64(lambda a, weights: np.histogram(a, 12, weights=weights)[0]), a, a, rtol=1e-12, out=False, special=False, empty=False)
    for arrays in ((x,), (x, weights)):
        check_kernel(bincount, in_float64(np.bincount), *arrays, out=False, empty=False)
    check_kernel(bincount, np.bincount, x[:30], out=False, interpreted=True)
    assert np.array_equal(histogram(a.tolist(), bins=9)[0], histogram(a, bins=9)[0])
    edges = histogram(a)[1]
    edges[0] = 7.0  # they can be written


def test_many_bins_of_float32():
    a = np.random.default_rng(4).random(1000).astype(np.float32) + np.float32(1)
    check(a, bins=70_000, range=(1.0, 2.0))


@pytest.mark.parametrize("options, message", [
    ({"bins": 0}, "histogram: `bins` must be positive, not 0"),
    ({"bins": [1.0]}, r"edges are an array with one axis of two or more, not of shape \(1,\)"),
    ({"bins": [1.0, 0.0]}, "edges must not descend, nor be NaN"),
    ({"bins": [1.0, np.nan]}, "edges must not descend, nor be NaN"),
    ({"bins": [0, 2**60]}, r"there are edges beyond 2\*\*53"),
    ({"range": (2, 1)}, "`range` descends from 2 to 1"),
    ({"range": (0, np.inf)}, "the range, from 0 to inf, is not finite"),
    ({"range": 3}, "`range` is a pair of numbers, not 3"),
    ({"range": (1.0, np.nextafter(1.0, 2.0))}, "is too small for 10 bins"),
    ({"weights": [1.0]}, r"`weights` has shape \(1,\), the numbers \(3,\)"),
])  # fmt: skip
def test_values_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        histogram([1.0, 2.0, 3.0], **options)


def test_types_that_do_not_fit():
    with pytest.raises(TypeError, match=r"`bins` is an int or edges; `numpy.histogram_bin_edges\(a, 'auto'\)` finds some"):
        histogram([1.0], "auto")
    with pytest.raises(TypeError, match="`bins` is an int or edges, not 2.5"):
        histogram([1.0], 2.5)
    with pytest.raises(TypeError, match="histogram: `weights` of complex128 can't be cast"):
        histogram([1.0], weights=[1j])
    for dtype in (np.float16, complex, object, "M8[s]"):
        with pytest.raises(TypeError, match="histogram takes arrays of float32, float64, integers and bool"):
            histogram(np.zeros(2, dtype))
    with pytest.raises(ValueError, match=r"integers beyond 2\*\*53"):
        histogram([0, 2**60])


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, pytest.param(np.uint32, marks=slow), pytest.param(np.int8, marks=slow), pytest.param(">i4", marks=slow)])
def test_integers_are_counted(dtype):
    rng = np.random.default_rng(6)
    for n in (0, 1, 5, 3001):
        x = rng.integers(0, 2 if dtype is bool else 100, n).astype(dtype)
        weights = rng.standard_normal(n)
        for least in (0, 1, 200, 3000):
            assert np.array_equal(bincount(x, minlength=least), np.bincount(x, minlength=least)) and bincount(x).dtype == np.int64
            assert np.array_equal(bincount(x, weights, least), np.bincount(x, weights, least)) and bincount(x, weights).dtype == np.float64
        assert np.array_equal(bincount(x[::-2]), np.bincount(x[::-2])) and np.array_equal(bincount(x.tolist()), np.bincount(x.tolist()))


def test_tables_grow():
    x = np.zeros(5000, np.int64)
    x[[1000, 2000, 4999]] = 1023, 1024, 50_000
    assert np.array_equal(bincount(x), np.bincount(x)) and bincount(x).size == 50_001


def test_integers_that_do_not_fit():
    for x in ([1, -1], np.r_[np.arange(2000), -7]):
        with pytest.raises(ValueError, match=f"bincount: there is a negative number, {x[-1]}"):
            bincount(x)
    with pytest.raises(ValueError, match="a negative number, -3"):
        bincount([1, -3], [1.0, 2.0])
    with pytest.raises(ValueError, match="bincount takes an array with one axis, got 2"):
        bincount([[1]])
    with pytest.raises(ValueError, match="`minlength` must not be negative, not -1"):
        bincount([1], minlength=-1)
    with pytest.raises(ValueError, match=r"bincount: `weights` has shape \(1,\), the numbers \(2,\)"):
        bincount([1, 2], [1.0])
    for dtype in (float, np.uint64, complex, object):
        with pytest.raises(TypeError, match="bincount takes arrays of integers up to int64, and bool"):
            bincount(np.zeros(2, dtype))


