"""Cumulative sums against exact ones and NumPy, on every length around steps, and on arrays nobody likes."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel.kernels import cumsum, scans
from accel.testing import check_kernel

slow = pytest.mark.slow


def numbers(rng, *shape, dtype=np.float64):
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_are_as_near_as_promised(dtype):
    rng = np.random.default_rng(1)
    for n in (1, 2, 7, 8, 9, 15, 16, 500, 1003):
        for row in (numbers(rng, n, dtype=dtype), (rng.random(n) + 1000).astype(dtype)):
            exact, size = Fraction(0), 0.0
            for got, x in zip(cumsum(row).tolist(), row.tolist(), strict=True):
                exact, size = exact + Fraction(x), size + abs(x)
                assert abs(float(Fraction(got) - exact)) <= 6 * float(np.finfo(dtype).eps) / 2 * size


def test_large_sums_do_not_lose_more():
    tenth = np.full(1_000_000, 0.1, np.float32)
    assert abs(cumsum(tenth)[-1] / (1e6 * float(tenth[0])) - 1) <= 6 * 2.0**-24


@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=slow), pytest.param(np.int64, marks=slow)])
@pytest.mark.parametrize("n, inner", [(1, 3), (2, 1), (8, 5), (9, 4), (23, 17), (40, 1100)])
def test_columns_give_the_bits_of_rows(n, inner, dtype):
    rng = np.random.default_rng(n)
    a = numbers(rng, 2, n, inner, dtype=dtype) if dtype is not np.int64 else rng.integers(-9, 9, (2, n, inner))
    got = cumsum(a, axis=1)
    assert np.array_equal(got, cumsum(np.ascontiguousarray(a.transpose(0, 2, 1)), axis=2).transpose(0, 2, 1))
    assert np.array_equal(got, cumsum(np.asfortranarray(a), axis=1)) and got.dtype == a.dtype
    assert np.allclose(got, np.cumsum(a, axis=1), rtol=1e-4 if dtype is np.float32 else 1e-10, atol=1e-2 if dtype is np.float32 else 1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=3), st.data())
def test_shapes_axes_and_strides(lengths, data):
    a = np.asarray(numbers(np.random.default_rng(data.draw(st.integers(0, 99))), *lengths))
    a = a.transpose(data.draw(st.permutations(range(a.ndim))))
    if a.ndim and data.draw(st.booleans()):
        a = a[:: data.draw(st.sampled_from((-2, -1, 2)))]
    axis = data.draw(st.one_of(st.none(), st.integers(-a.ndim, a.ndim - 1))) if a.ndim else None
    want = np.cumsum(a, axis=axis)
    got = cumsum(a, axis=axis)
    assert got.shape == want.shape and got.dtype == want.dtype and np.allclose(got, want, rtol=1e-12, atol=1e-9)
    out = a.copy() if a.shape == want.shape else np.empty(want.shape)
    assert cumsum(out if a.shape == want.shape else a, axis=axis, out=out) is out and np.array_equal(out, got)


def test_not_finite():
    for value in (np.nan, np.inf, -np.inf):
        for n, at in ((5, 2), (100, 17), (100, 99)):
            row = np.arange(float(n))
            row[at] = value
            assert np.array_equal(cumsum(row), np.cumsum(row), equal_nan=True)
            both = np.stack([row, row], axis=1)
            assert np.array_equal(cumsum(both, axis=0), np.cumsum(both, axis=0), equal_nan=True)
    assert np.signbit(cumsum(np.full(20, -0.0))).all() and np.signbit(cumsum(np.full((20, 3), -0.0), axis=0)).all()
    assert math.isinf(cumsum(np.full(20, 1e308))[-1])


def test_integers_and_bool():
    wrapping = np.array([2**62, 2**62, 5])
    assert np.array_equal(cumsum(wrapping), np.cumsum(wrapping)) and cumsum(wrapping.astype(np.uint64)).dtype == np.uint64
    assert np.array_equal(cumsum(wrapping.astype(np.uint64)), np.cumsum(wrapping.astype(np.uint64)))
    small = np.arange(250, dtype=np.uint8).reshape(5, 50)
    assert np.array_equal(cumsum(small, axis=1), np.cumsum(small, axis=1)) and cumsum(small).dtype == np.uint64
    assert cumsum(np.array([True, False, True])).tolist() == [1, 1, 2] and cumsum([1, 2]).dtype == np.int64


def test_contract(monkeypatch):
    monkeypatch.setattr(scans, "SHARED", 100)
    a = numbers(np.random.default_rng(8), 40, 30)
    for axis in (None, 0, 1):
        bound = lambda want, x, axis: 6 * 2.0**-53 * np.cumsum(abs(x), axis)  # noqa: E731
        check_kernel(cumsum, np.cumsum, a, options={"axis": axis}, bound=bound, shapes=[((3000,),), ((1, 1),), ((2, 19),)] if axis is None else [((300, 200),)])
        check_kernel(cumsum, np.cumsum, a[:21, :3], options={"axis": axis}, bound=bound, interpreted=True)
        assert np.array_equal(cumsum(a.tolist(), axis=axis), cumsum(a, axis=axis))
    assert np.array_equal(cumsum(a, axis=0, out=np.empty((40, 30), np.float32)), cumsum(a, axis=0).astype(np.float32))


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="cumsum: axis 2 is out of range for an array with 2 axes"):
        cumsum(a, axis=2)
    with pytest.raises(TypeError, match=r"cumsum: `axis` is an int or None, not \(0, 1\)"):
        cumsum(a, axis=(0, 1))
    with pytest.raises(ValueError, match=r"cumsum: `out` has shape \(2, 3\), the result \(6,\)"):
        cumsum(a, out=np.empty((2, 3)))
    with pytest.raises(TypeError, match="cumsum: `out` of int64 can't hold float64"):
        cumsum(a, axis=0, out=np.empty((2, 3), int))


@pytest.mark.parametrize("dtype", [np.float16, np.complex128, object, "M8[s]", "S3"])
def test_other_dtypes(dtype):
    with pytest.raises(TypeError, match="cumsum takes arrays of float32, float64, integers and bool, got"):
        cumsum(np.zeros(3, dtype))


