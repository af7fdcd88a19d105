"""Sums, moments and extremes against exact sums and NumPy, on every length around lanes and blocks, and on arrays nobody likes."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel import kernels
from accel.kernels import sequences
from accel.testing import check_kernel

NAMES = ("sum", "mean", "var", "std", "min", "max", "argmin", "argmax")
FEW = ("sum", "mean", "var", "min", "argmin")  # what takes no other machine code than these is tested with them
LENGTHS = (1, 2, 31, 32, 33, 64, 511, 512, 513, 1024, 1543, 2600)
slow = pytest.mark.slow


def numbers(rng, *shape, dtype=np.float64):
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape)).astype(dtype)


def check_sum(got, row):
    """As near to the exact sum as the docs say."""
    exact = sum(map(Fraction, row.tolist()), Fraction(0))
    bound = 22 * float(np.finfo(row.dtype).eps) / 2 * math.fsum(abs(row))
    assert abs(float(Fraction(float(got)) - exact)) <= bound


def check_var(got, row, ddof=0):
    u, exact = float(np.finfo(row.dtype).eps) / 2, [Fraction(x) for x in row.tolist()]
    mean = sum(exact, Fraction(0)) / len(exact)
    want = float(sum((x - mean) ** 2 for x in exact) / (len(exact) - ddof))
    assert abs(float(got) - want) <= 27 * u * want + (24 * u * float(np.mean(abs(row.astype(np.float64))))) ** 2 * 1.01 * len(exact) / (len(exact) - ddof)


def like(name, got, want):
    assert type(got) is type(want) and got.dtype == want.dtype and got.shape == want.shape
    if name in ("sum", "mean", "var", "std") and want.dtype.kind == "f":
        assert np.allclose(got, want, rtol=1e-12 if want.dtype == np.float64 else 3e-6, atol=1e-9 if want.dtype == np.float64 else 1e-3, equal_nan=True)
    else:
        assert np.array_equal(got, want, equal_nan=want.dtype.kind == "f")


@pytest.mark.parametrize("dtype", [pytest.param(np.float32, marks=slow), np.float64])
def test_sums_and_moments_are_as_near_as_promised(dtype):
    rng = np.random.default_rng(1)
    for n in LENGTHS:
        for row in (numbers(rng, n, dtype=dtype), (rng.random(n) + 1000).astype(dtype)):
            check_sum(kernels.sum(row), row)
            check_var(kernels.var(row), row)
            assert abs(kernels.mean(row) - math.fsum(row) / n) <= 23 * np.finfo(dtype).eps / 2 * math.fsum(abs(row)) / n
            assert kernels.std(row) == np.sqrt(kernels.var(row))


def test_large_sums_do_not_lose_more():
    row = np.full(1_000_000, 0.1, np.float32)
    assert abs(kernels.sum(row) / (1e6 * float(row[0])) - 1) <= 22 * 2.0**-24
    cancelling = np.concatenate([np.full(512, 1e16), np.ones(512 * 40), np.full(512, -1e16)])
    assert kernels.sum(cancelling) == 512 * 40


def columns_and_rows(n, inner, dtype, names):
    """A column gives what the same numbers give as a row."""
    rng = np.random.default_rng(n)
    a = numbers(rng, 2, n, inner, dtype=dtype) if np.dtype(dtype).kind == "f" else rng.integers(0, 200, (2, n, inner)).astype(dtype)
    rows = np.ascontiguousarray(a.transpose(0, 2, 1))
    for name in names:
        reduce = getattr(kernels, name)
        got = reduce(a, axis=1)
        assert np.array_equal(got, reduce(rows, axis=2))
        assert np.array_equal(got, reduce(np.asfortranarray(a), axis=1))
        assert np.array_equal(got[1, inner - 1], reduce(rows[1, inner - 1]))
        like(name, got, getattr(np, name)(a, axis=1))


@pytest.mark.parametrize("n, inner", [(1, 3), (2, 1), (31, 5), (33, 4), (160, 2), (700, 3), (1100, 17), (40, 4099)])
def test_columns_give_the_bits_of_rows(n, inner):
    columns_and_rows(n, inner, np.float64, FEW)


@slow
@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.int32, np.uint64, np.bool_])
@pytest.mark.parametrize("n, inner", [(1, 3), (31, 5), (33, 4), (700, 3), (1100, 17), (40, 4099)])
def test_columns_of_other_dtypes(n, inner, dtype):
    columns_and_rows(n, inner, dtype, NAMES)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=4), st.sampled_from(FEW), st.booleans(), st.data())
def test_shapes_axes_and_strides(lengths, name, keepdims, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    a = np.asarray(numbers(rng, *lengths))
    a = a.transpose(data.draw(st.permutations(range(a.ndim))))
    if a.ndim and data.draw(st.booleans()):
        a = a[:: data.draw(st.sampled_from((-2, -1, 2)))]
    axes = st.integers(-a.ndim, a.ndim - 1) if a.ndim else st.none()
    axis = data.draw(st.one_of(st.none(), axes) if name == "argmin" else st.one_of(st.none(), axes, st.permutations(range(a.ndim)).map(lambda all_axes: tuple(all_axes[:2]))))
    a.flags.writeable = False
    with np.errstate(all="ignore"):
        try:
            want = quiet(getattr(np, name), a, axis=axis, keepdims=keepdims)
        except ValueError:
            with pytest.raises(ValueError, match=f"{name}: there are no numbers"):
                getattr(kernels, name)(a, axis=axis, keepdims=keepdims)
        else:
            like(name, getattr(kernels, name)(a, axis=axis, keepdims=keepdims), want)


def quiet(function, *arguments, **options):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


def test_not_finite():
    for name in FEW:
        for value in (np.nan, np.inf, -np.inf):
            for n, at in ((5, 2), (600, 599), (600, 3), (2000, 700)):
                row = np.arange(float(n))
                row[at] = value
                want = quiet(getattr(np, name), row)
                assert np.array_equal(getattr(kernels, name)(row), want, equal_nan=True), (name, value, n, at)
                both = np.stack([row, np.arange(float(n))], axis=1)
                assert np.array_equal(getattr(kernels, name)(both, axis=0), quiet(getattr(np, name), both, axis=0), equal_nan=True)
    assert kernels.argmin([3.0, np.nan, np.nan, 1.0]) == 1
    assert np.isnan(kernels.sum(np.repeat([np.inf, -np.inf], 600)))
    assert np.isinf(kernels.sum(np.full(2000, 1e308)))


def test_zeros_have_signs_and_subnormals_count():
    assert np.signbit(kernels.sum(np.full(2000, -0.0))) and np.signbit(kernels.sum(np.full((2000, 3), -0.0), axis=0)).all()
    assert not np.signbit(kernels.sum(np.array([-0.0, 0.0]))) and not np.signbit(kernels.sum(np.empty(0)))
    tiny = np.full(700, 5e-324)
    assert kernels.sum(tiny) == 700 * 5e-324 and kernels.min(tiny) == 5e-324


def test_first_of_equal_numbers():
    row = np.full(2000, 3.0)
    assert kernels.argmin(row) == 0
    row[[777, 1300]] = -1.0
    assert kernels.argmin(row) == 777 and kernels.argmin(np.full(700, np.inf)) == 0
    assert kernels.argmin([0.0, -0.0]) == 0


def test_nothing():
    empty = np.empty((0, 3))
    assert np.array_equal(kernels.sum(empty, axis=0), np.zeros(3)) and kernels.sum(empty, axis=1).shape == (0,)
    assert np.isnan(kernels.mean(empty)) and np.isnan(kernels.var(empty, axis=0)).all()
    assert kernels.min(empty, axis=1).shape == (0,) and kernels.argmin(empty, axis=1).shape == (0,)
    for name in ("min", "argmin"):
        with pytest.raises(ValueError, match=f"{name}: there are no numbers, and so there is none that is least"):
            getattr(kernels, name)(empty, axis=0)
    with pytest.raises(ValueError, match="none that is greatest"):
        kernels.max([])


def test_few_numbers_and_ddof():
    row = np.array([1.0, 2.0, 6.0])
    assert kernels.var(row, ddof=1) == 7.0 and kernels.var(row, ddof=1.5) == pytest.approx(14 / 1.5)
    assert np.isinf(kernels.var(row, ddof=3)) and np.isinf(kernels.std(row, ddof=5))
    assert np.isnan(kernels.var([2.0], ddof=1)) and np.isnan(kernels.var(np.ones((1, 2)), axis=0, ddof=1)).all()


@pytest.mark.parametrize("name", FEW)
def test_contract(name, monkeypatch):
    monkeypatch.setattr(sequences, "SHARED", 1000)
    monkeypatch.setattr(sequences, "_PIECE", 300)
    rng, kernel = np.random.default_rng(4), getattr(kernels, name)
    bounds = {
        "sum": lambda want, a, axis=None: 22 * 2.0**-53 * abs(a).sum(axis),
        "mean": lambda want, a, axis=None: 23 * 2.0**-53 * abs(a).sum(axis) / max(1, a.size // max(1, np.size(want))),
        "var": lambda want, a, axis=None: 27 * 2.0**-53 * want + (24 * 2.0**-53 * abs(a).mean(axis)) ** 2 * 1.01,
    }
    how = {"bound": bounds.get(name), "atol": 1e-300}
    arrays = numbers(rng, 5000), numbers(rng, 40, 30), numbers(rng, 600, 20), numbers(rng, 2, 3000)
    arrays[0][[4000, 4001]] = -1e9
    for a in arrays:
        for axis in (*range(a.ndim), None):
            if a.ndim > 1 or axis is None:
                check_kernel(kernel, getattr(np, name), a, options={"axis": axis}, special=a.size == 1200, **how)
    for axis in (0, 1):
        check_kernel(kernel, getattr(np, name), arrays[2][:70, :3], options={"axis": axis}, interpreted=True, special=False, **how)
    assert name != "argmin" or kernel(arrays[0]) == 4000
    assert np.array_equal(kernel(arrays[1].tolist(), axis=0), kernel(arrays[1], axis=0))
    narrow = np.empty((40, 1), np.float32)
    assert name == "argmin" or np.array_equal(kernel(arrays[1], axis=1, keepdims=True, out=narrow), kernel(arrays[1], axis=1, keepdims=True).astype(np.float32))


def test_integers_and_bool():
    wrapping = np.array([2**62, 2**62, 5])
    assert kernels.sum(wrapping) == np.sum(wrapping) and kernels.sum(wrapping.astype(np.uint64)) == np.uint64(2**63 + 5)
    assert kernels.sum(np.array([True, False, True])) == 2 and kernels.sum([200, 100]).dtype == np.int64
    assert kernels.sum(np.full((70, 3), 200, np.uint8), axis=0).tolist() == [14000] * 3
    assert kernels.mean(np.array([1, 2], np.int8)) == 1.5 and kernels.var([True, False]) == 0.25
    assert kernels.max(np.array([True, False])) is np.True_ and kernels.argmax(np.array([1, 250, 250], np.uint8)) == 1


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="sum: axis 2 is out of range for an array with 2 axes"):
        kernels.sum(a, axis=2)
    with pytest.raises(ValueError, match=r"max: an axis is given twice in \(0, -2\)"):
        kernels.max(a, axis=(0, -2))
    with pytest.raises(TypeError, match="mean: `axis` is an int, a tuple of ints or None, not 1.0"):
        kernels.mean(a, axis=1.0)
    with pytest.raises(TypeError, match=r"argmin: `axis` is an int or None, not \(0, 1\)"):
        kernels.argmin(a, axis=(0, 1))
    with pytest.raises(ValueError, match=r"var: `out` has shape \(2,\), the result \(3,\)"):
        kernels.var(a, axis=0, out=np.empty(2))
    with pytest.raises(TypeError, match="argmax: `out` of float64 can't hold int64|argmax: `out` of bool"):
        kernels.argmax(a, axis=0, out=np.empty(3, bool))


@pytest.mark.parametrize("dtype", [np.float16, np.complex128, object, "M8[s]", "S3"])
@pytest.mark.parametrize("name", NAMES)
def test_other_dtypes(name, dtype):
    with pytest.raises(TypeError, match=f"{name} takes arrays of float32, float64, integers and bool, got"):
        getattr(kernels, name)(np.zeros(3, dtype))


