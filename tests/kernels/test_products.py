"""Matrix products against sums in higher precision, on every shape around tiles and blocks, and on arrays nobody likes."""

import math

import numpy as np
import pytest

import accel
from accel.kernels import matmul, products
from accel.kernels.blocks import choose_blocks
from accel.testing import check_kernel

DTYPES = (pytest.param(np.float32, marks=pytest.mark.slow), np.float64)  # what takes longest is compiling; attention's tests have float32 products
BLOCKS = choose_blocks(np.float32)
SIDES = sorted({1, 2, 3, BLOCKS.tile.tall - 1, BLOCKS.tile.tall, BLOCKS.tile.tall + 1, BLOCKS.tile.wide - 1, BLOCKS.tile.wide, BLOCKS.tile.wide + 1, 33, 65})
LARGE = (
    (BLOCKS.high + 1, 65, BLOCKS.tile.wide + 1),
    (97, BLOCKS.depth + 1, 96),
    (96, 2 * BLOCKS.depth, 97),
    (6, 65, BLOCKS.strip + 1),
    (2 * BLOCKS.high + 5, BLOCKS.depth - 1, 31),
    (1, 700, 400),
    (400, 700, 1),
)


def numbers(rng, *shape, dtype=np.float64):
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape)).astype(dtype)


def find_bound(dtype, a, b):
    """How far elements may be off, as the docs say."""
    unit = a.shape[-1] * np.finfo(dtype).eps / 2
    return (unit / (1 - unit) * np.matmul(abs(a), abs(b)) + a.shape[-1] * float(np.finfo(dtype).smallest_subnormal)) * (1 + 1e-9)


def check(got, a, b):
    """Each element is as near to the exact sum as the docs say."""
    dtype = np.result_type(a, b)
    assert got.dtype == dtype and got.shape == np.matmul(a, b).shape
    wide_a, wide_b = a.astype(np.longdouble), b.astype(np.longdouble)
    assert (abs(got - np.matmul(wide_a, wide_b)) <= find_bound(dtype, wide_a, wide_b)).all()


def chain(a, b):
    """A product of two vectors, as it is documented."""
    total = accel.types.SIMD[a.dtype.type, 1](0.0)
    for x, y in zip(a, b, strict=True):
        total = accel.types.SIMD[a.dtype.type, 1](x).fma(accel.types.SIMD[a.dtype.type, 1](y), total)
    return total[0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_small_shapes(dtype):
    rng = np.random.default_rng(1)
    for m in SIDES:
        for n in SIDES:
            k = int(rng.choice(SIDES))
            a, b = numbers(rng, m, k, dtype=dtype), numbers(rng, k, n, dtype=dtype)
            check(matmul(a, b), a, b)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", LARGE)
def test_large_shapes(shape, dtype):
    m, k, n = shape
    rng = np.random.default_rng(2)
    a, b = numbers(rng, m, k, dtype=dtype), numbers(rng, k, n, dtype=dtype)
    want = matmul(a, b)
    check(want, a, b)
    for x, y in ((np.asfortranarray(a), b), (a, np.asfortranarray(b)), (a[::-1][::-1], b[:, ::-1][:, ::-1])):
        assert np.array_equal(matmul(x, y), want)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_element_is_a_chain_of_fused_operations_whatever_is_around_it(dtype):
    rng = np.random.default_rng(3)
    a, b = numbers(rng, 70, 300, dtype=dtype), numbers(rng, 300, 90, dtype=dtype)
    whole = matmul(a, b)
    for i, j in ((0, 0), (69, 89), (31, 64)):
        assert whole[i, j] == chain(a[i], b[:, j])
    assert np.array_equal(matmul(a[5:20], b[:, 7:33]), whole[5:20, 7:33])
    assert np.array_equal(matmul(a[3], b[:, 8:9])[0], whole[3, 8])


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_row_is_what_it_is_among_others(dtype):
    rng = np.random.default_rng(13)
    width = accel.types.simd_width(dtype)
    for n in sorted({1, width - 1, width, width + 1, 8 * width - 1, 8 * width, 8 * width + 1, 19 * width + 3}):
        for k in (1, 2, 33, 290):
            a, b = numbers(rng, 7, k, dtype=dtype), numbers(rng, k, n, dtype=dtype)
            a[2, 0], b[-1, n // 2] = math.inf, math.nan
            want = matmul(a, b)
            for i in (0, 2, 6):
                for got in (matmul(a[i], b), matmul(a[i : i + 1], b)[0], matmul(a[i, None], np.asfortranarray(b))[0], matmul(a[i], b, out=np.empty(2 * n, dtype)[::2])):
                    assert np.array_equal(got, want[i], equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_contract(dtype, monkeypatch):
    monkeypatch.setattr(products, "_SHARED", 1)
    rng = np.random.default_rng(4)
    shapes = [((3, 0), (0, 4)), ((0, 3), (3, 4)), ((3, 4), (4, 0)), ((0,), (0,)), ((2, 0, 3), (3, 5)), ((0, 2, 3), (3, 5)), ((40, 1), (1, 40)), ((301, 150), (150, 120))]
    for a, b in (((5, 5), (5, 5)), ((80, 80), (80, 80)), ((9, 7, 5), (5, 6))):
        check_kernel(matmul, np.matmul, numbers(rng, *a, dtype=dtype), numbers(rng, *b, dtype=dtype), bound=lambda want, a, b: find_bound(dtype, a, b), shapes=shapes, interpreted=a == (5, 5))
        shapes = []


@pytest.mark.parametrize("shape", [(6, 3, 40), (37, 20, 16), (7, 300, 9), (90, 70, 50)])
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
def test_products_that_are_ready_are_what_they_are_otherwise(shape, turned):
    (m, k, n), rng = shape, np.random.default_rng(12)
    products._ready.clear()
    for _ in range(3):
        a, b = (numbers(rng, *((x, y) if not turn else (y, x))) for (x, y), turn in zip(((m, k), (k, n)), turned, strict=True))
        a, b = (x.T if turn else x for x, turn in zip((a, b), turned, strict=True))
        got, want = matmul(a, b), matmul(a, b, out=np.empty((m, n)))
        assert type(got) is np.ndarray and got.flags.c_contiguous and got.flags.owndata and (got == want).all()
        check(got, a, b)
    assert len(products._ready) <= 1


def test_a_product_is_ready_only_for_arrays_like_those_before():
    rng = np.random.default_rng(13)
    a, b = numbers(rng, 70, 70), numbers(rng, 70, 70)
    want = matmul(a, b)
    assert len(products._ready) >= 1
    raw = np.zeros(a.nbytes + 1, np.uint8)[1:]
    crooked = raw.view(np.float64).reshape(a.shape)
    crooked[...] = a
    read_only = a.copy()
    read_only.flags.writeable = False

    class Mine(np.ndarray):
        """Another class."""

    for other in (crooked, a.astype(a.dtype.newbyteorder()), read_only, a.view(Mine), np.lib.stride_tricks.as_strided(a.copy(), a.shape, a.strides), a.tolist()):
        got = matmul(other, b)
        assert type(got) is np.ndarray and (got == want).all()
    assert (matmul(a.astype(np.float32), b) == matmul(a.astype(np.float32).astype(np.float64), b)).all()
    assert matmul(a.astype(np.float32), b.astype(np.float32)).dtype == np.float32
    assert (matmul(a[:, ::-1], b[::-1]) == matmul(np.ascontiguousarray(a[:, ::-1]), np.ascontiguousarray(b[::-1]))).all()
    with accel.parallel(2):
        assert (matmul(a, b) == want).all()


def test_products_that_are_ready_are_limited_in_number(monkeypatch):
    monkeypatch.setattr(products, "_MOST_READY", 3)
    products._ready.clear()
    for n in range(16, 30):
        assert (matmul(np.ones((8, 2)), np.ones((2, n))) == 2).all()
        assert len(products._ready) <= 3


@pytest.mark.parametrize("k", [31, 44, 256 + 13])
def test_what_fills_up_the_depth_meets_nothing(k):
    rng = np.random.default_rng(12)
    a, b = numbers(rng, 70, k), numbers(rng, k, 130)
    a[3, -1], a[5, 0], b[-1, 7], b[0, 9] = math.inf, math.nan, -math.inf, math.nan
    got, want = matmul(a, b), np.matmul(a, b)
    assert np.array_equal(np.isnan(got), np.isnan(want)) and np.array_equal(got[np.isinf(want)], want[np.isinf(want)])
    clean = [i for i in range(70) if i not in (3, 5)]
    check(got[clean][:, 10:], a[clean], b[:, 10:])


@pytest.mark.parametrize("shapes", [((5,), (5,)), ((5,), (5, 7)), ((7, 5), (5,)), ((5,), (3, 5, 7)), ((3, 7, 5), (5,))])
def test_vectors(shapes):
    rng = np.random.default_rng(5)
    a, b = (numbers(rng, *shape) for shape in shapes)
    got = matmul(a, b)
    assert np.allclose(got, np.matmul(a, b), rtol=1e-12) and np.shape(got) == np.shape(np.matmul(a, b)) and type(got) is type(np.matmul(a, b))


@pytest.mark.parametrize(
    "shapes",
    [((4, 7, 5), (4, 5, 6)), ((4, 7, 5), (5, 6)), ((7, 5), (4, 5, 6)), ((2, 1, 7, 5), (3, 5, 6)), ((1, 9, 9), (1, 9, 9)), ((2, 70, 70), (2, 70, 70)), ((3, 1, 17, 9), (1, 2, 9, 20))],
)  # fmt: skip
def test_stacks(shapes):
    rng = np.random.default_rng(6)
    a, b = (numbers(rng, *shape) for shape in shapes)
    check(matmul(a, b), a, b)
    turned = np.ascontiguousarray(b.swapaxes(-1, -2)).swapaxes(-1, -2)
    assert np.array_equal(matmul(a, turned), matmul(a, b))


def test_promotion():
    a = np.arange(12).reshape(3, 4)
    assert matmul(a, np.ones((4, 2), np.float32)).dtype == np.float64
    assert matmul(np.ones((2, 4), np.float32), np.ones((4, 2), np.float16)).dtype == np.float32
    assert np.array_equal(matmul(a, np.ones((4, 2))), a @ np.ones((4, 2))) and np.array_equal(matmul(a.tolist(), [1.0] * 4), a.sum(1))
    b = numbers(np.random.default_rng(8), 80, 80)
    assert np.array_equal(matmul(b, b, out=np.empty((80, 80), np.float32)), matmul(b, b).astype(np.float32))


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.float16, np.complex128, object, "M8[s]", "S3"])
def test_other_dtypes(dtype):
    a = np.zeros((2, 2), dtype)
    with pytest.raises(TypeError, match="matmul takes arrays of float32 and float64"):
        matmul(a, a)


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="the last axis of `a` has length 3, the one of `b` it is multiplied with 4"):
        matmul(np.ones((2, 3)), np.ones((4, 2)))
    with pytest.raises(ValueError, match="operand 0 has no axes"):
        matmul(2.0, np.ones(3))
    with pytest.raises(ValueError, match="operand 1 has no axes"):
        matmul(np.ones(3), 2.0)
    with pytest.raises(ValueError, match="broadcast"):
        matmul(np.ones((2, 3, 3)), np.ones((4, 3, 3)))


def test_not_finite():
    a, b = np.ones((20, 70)), np.ones((70, 40))
    a[3, 5], b[7, 9], a[11, 0], b[0, 39] = np.nan, np.inf, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        want = np.matmul(a, b)
    assert np.array_equal(matmul(a, b), want, equal_nan=True)
    c = np.full((3, 3), 1e300)
    assert np.isinf(matmul(c, c)).all()


def test_outs_that_do_not_fit():
    a = np.ones((2, 2))
    kept = np.zeros((2, 2))
    kept.flags.writeable = False
    with pytest.raises(ValueError, match="`out` is read-only"):
        matmul(a, a, out=kept)
    with pytest.raises(ValueError, match=r"`out` has shape \(2, 3\), the result \(2, 2\)"):
        matmul(a, a, out=np.zeros((2, 3)))
    with pytest.raises(TypeError, match="`out` of int64 can't hold float64"):
        matmul(a, a, out=np.zeros((2, 2), np.int64))
    with pytest.raises(TypeError, match="`out` must be an array, not list"):
        matmul(a, a, out=[[0.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize("side", [7, 80])
def test_what_follows(side):
    rng = np.random.default_rng(9)
    a, b, bias, residual = numbers(rng, side, side), numbers(rng, side, side), numbers(rng, side), numbers(rng, side, side)
    product = matmul(a, b)
    assert np.array_equal(matmul(a, b, bias=bias), product + bias)
    assert np.array_equal(matmul(a, b, activation="relu"), np.maximum(product, 0))
    assert np.array_equal(matmul(a, b, bias=bias, activation=np.tanh, residual=residual), np.tanh(product + bias) + residual)
    into = residual.copy()
    assert np.array_equal(matmul(a, b, residual=into, out=into), product + residual)
    assert np.array_equal(matmul(a, b, residual=residual[0]), product + residual[0])


def test_what_can_not_follow():
    a = np.ones((2, 2))
    with pytest.raises(ValueError, match='`activation` is "relu" or a function'):
        matmul(a, a, activation="swish")
    with pytest.raises(ValueError, match=r"`bias` has shape \(3,\), the last axis of the result \(2,\)"):
        matmul(a, a, bias=np.ones(3))
    with pytest.raises(ValueError, match=r"`residual` has shape \(5, 2, 2\), the result \(2, 2\)"):
        matmul(a, a, residual=np.ones((5, 2, 2)))
    with pytest.raises(ValueError, match=r"`activation` gave shape \(\)"):
        matmul(a, a, activation=np.sum)


