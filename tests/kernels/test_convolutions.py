"""Convolutions against sums in higher precision, on every border, and on arrays nobody likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import conv2d, convolutions
from accel.kernels.blocks import choose_blocks
from accel.testing import check_kernel

DTYPES = (pytest.param(np.float32, marks=pytest.mark.slow), np.float64)  # what takes longest is compiling
BLOCKS = choose_blocks(np.float32)


def numbers(rng, *shape, dtype=np.float64):
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape)).astype(dtype)


def find_zeros(size, reach, step, padding):
    """Zeros before and behind one axis."""
    if padding != "same":
        return (padding, padding)
    total = max(0, (-(-size // step) - 1) * step + reach - size)
    return total // 2, total - total // 2


def make_patches(x, weight, stride, padding):
    """The patches of images with zeros around: (batch, rows, columns, kernel height, kernel width, channels)."""
    stride, padding = ((pair, pair) if isinstance(pair, (int, str)) else pair for pair in (stride, padding))
    around = [find_zeros(x.shape[axis + 1], weight.shape[axis], stride[axis], padding[axis]) for axis in (0, 1)]
    wide = np.pad(x, ((0, 0), *around, (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(wide, weight.shape[:2], axis=(1, 2))[:, :: stride[0], :: stride[1]]
    return patches.transpose(0, 1, 2, 4, 5, 3)


def convolve(x, weight, stride=1, padding=0):
    """What is right."""
    assert all(weight.shape[:2])  # else nothing is
    patches, depth = make_patches(x, weight, stride, padding), int(np.prod(weight.shape[:3]))
    return np.matmul(patches.reshape(*patches.shape[:3], depth), weight.reshape(depth, weight.shape[3]))


def find_bound(dtype, x, weight, stride=1, padding=0):
    """How far elements may be off, as the docs say."""
    depth = int(np.prod(weight.shape[:3]))
    unit = depth * np.finfo(dtype).eps / 2
    return (unit / (1 - unit) * convolve(abs(x), abs(weight), stride, padding) + depth * float(np.finfo(dtype).smallest_subnormal)) * (1 + 1e-9)


def check(got, x, weight, stride=1, padding=0):
    """Each element is as near to the exact sum as the docs say."""
    dtype, x, weight = np.result_type(x, weight), x.astype(np.longdouble), weight.astype(np.longdouble)
    want = convolve(x, weight, stride, padding)
    assert got.dtype == dtype and got.shape == want.shape
    assert (abs(got - want) <= find_bound(dtype, x, weight, stride, padding)).all()


def chain(patch, taps):
    """One element, as it is documented."""
    lane = accel.types.SIMD[patch.dtype.type, 1]
    total = lane(0.0)
    for a, b in zip(patch.ravel(), taps.ravel(), strict=True):
        total = lane(a).fma(lane(b), total)
    return total[0]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_shapes(dtype, data):
    batch, height, width, channels, filters = (data.draw(st.integers(low, high)) for low, high in ((0, 3), (1, 12), (1, 12), (0, 9), (0, 35)))
    kernel = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    stride = data.draw(st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 4))))
    padding = data.draw(st.one_of(st.just("same"), st.integers(0, 5), st.tuples(st.integers(0, 5), st.integers(0, 5))))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, weight = numbers(rng, batch, height, width, channels, dtype=dtype), numbers(rng, *kernel, channels, filters, dtype=dtype)
    check(conv2d(x, weight, stride=stride, padding=padding), x, weight, stride, padding)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "shape",
    [
        ((1, 20, 20, 3), (7, 7, 3, 17)),  # more patches than one block
        ((2, 4, 5, 130), (3, 3, 130, 9)),  # deeper than one block
        ((1, 2, 3, 70), (1, 1, 70, 1050)),  # more filters than one strip
        ((2, 17, 18, 33), (3, 2, 33, 260)),  # all of these
    ],
)
def test_blocks(shape, dtype):
    rng = np.random.default_rng(1)
    x, weight = (numbers(rng, *sizes, dtype=dtype) for sizes in shape)
    check(conv2d(x, weight, padding=1), x, weight, 1, 1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_element_is_a_chain_of_fused_operations_whatever_is_around_it(dtype):
    rng = np.random.default_rng(2)
    x, weight = numbers(rng, 2, 9, 10, 40, dtype=dtype), numbers(rng, 3, 3, 40, 20, dtype=dtype)
    whole = conv2d(x, weight, padding=1)
    patches = make_patches(x, weight, 1, 1)
    for place in ((0, 0, 0, 0), (1, 8, 9, 19), (0, 4, 9, 16), (1, 3, 5, 7)):
        assert whole[place] == chain(patches[place[:3]], weight[..., place[3]])
    assert np.array_equal(conv2d(x[1], weight[..., 3:4], padding=1), whole[1, :, :, 3:4])
    assert np.array_equal(conv2d(x[:, 1:6, 2:8], weight), whole[:, 2:5, 3:7])


def test_padding_by_name():
    rng = np.random.default_rng(3)
    x, weight = numbers(rng, 1, 7, 8, 2), numbers(rng, 2, 3, 2, 3)
    assert np.array_equal(conv2d(x, weight, padding="valid"), conv2d(x, weight))
    assert conv2d(x, weight, padding="same", stride=(2, 3)).shape == (1, 4, 3, 3)
    assert np.array_equal(conv2d(x, weight, padding="same"), conv2d(np.pad(x, ((0, 0), (0, 1), (1, 1), (0, 0))), weight))


def test_contract(monkeypatch):
    monkeypatch.setattr(convolutions, "_SHARED", 1)
    rng = np.random.default_rng(4)
    many = (3, 21, 20, 30), (3, 3, 30, 20)  # patches are shared
    deep = (1, 5, 5, 160), (3, 3, 160, 130)  # filters are
    for x, weight, options in ((*many, {"padding": 1}), (*deep, {"padding": 1}), ((2, 6, 6, 4), (3, 3, 4, 4), {"padding": 1}), ((2, 8, 7, 5), (3, 2, 5, 4), {"stride": 2})):
        check_kernel(conv2d, convolve, numbers(rng, *x), numbers(rng, *weight), options=options, bound=lambda want, x, weight, **options: find_bound(np.float64, x, weight, **options),
                     special=x[0] == 2, interpreted="stride" in options, shapes=[((1, 4, 4, 2), (3, 3, 2, 3)), ((0, 5, 5, 1), (1, 2, 1, 20))])
    x = numbers(rng, 1, 6, 6, 4)
    weight = numbers(rng, 3, 3, 4, 4)
    assert np.array_equal(conv2d(x, weight, out=np.empty((1, 4, 4, 4), np.float32)), conv2d(x, weight).astype(np.float32))
    assert np.array_equal(conv2d(x.tolist(), weight), conv2d(x, weight))
    with pytest.raises(ValueError, match=r"conv2d: `out` has shape \(3,\), the result \(1, 4, 4, 4\)"):
        conv2d(x, weight, out=np.empty(3))


@pytest.mark.slow
def test_half_is_promoted():
    x = np.arange(24).reshape(4, 3, 2)
    assert conv2d(x.astype(np.float16), np.ones((2, 2, 2, 3), np.float32)).dtype == np.float32


def test_dtypes():
    x, weight = np.arange(24).reshape(4, 3, 2), np.ones((2, 2, 2, 3), np.float32)
    assert conv2d(x, weight).dtype == np.float64 and np.array_equal(conv2d(x, weight), conv2d(x.astype(float), weight.astype(float)))
    with pytest.raises(TypeError, match="conv2d takes arrays of float32 and float64"):
        conv2d(x, x[..., None].astype(np.complex128))


def test_not_finite():
    x, weight = np.ones((1, 5, 5, 3)), np.ones((3, 3, 3, 2))
    x[0, 0, 0, 1], x[0, 4, 4, 2] = np.nan, np.inf
    got = conv2d(x, weight, padding=1)
    assert np.isnan(got[0, :2, :2]).all() and np.isinf(got[0, 3:, 3:]).all()
    assert np.isfinite(got).sum() == 2 * (25 - 8)
    weight[0, 0, 0, 0] = np.inf  # times a zero of the padding
    got = conv2d(np.ones((1, 5, 5, 3)), weight, padding=1)
    assert np.isnan(got[0, 0, :, 0]).all() and np.isinf(got[0, 1:, 1:, 0]).all() and np.isfinite(got[..., 1]).all()
    small = np.full((2, 2, 1), np.finfo(np.float64).smallest_subnormal)
    assert np.array_equal(conv2d(small, np.ones((2, 2, 1, 1)))[0, 0], [4 * small[0, 0, 0]])


def test_what_follows():
    rng = np.random.default_rng(7)
    x, weight, bias = numbers(rng, 2, 5, 6, 3), numbers(rng, 2, 2, 3, 4), numbers(rng, 4)
    product = conv2d(x, weight)
    assert np.array_equal(conv2d(x, weight, bias), product + bias)
    assert np.array_equal(conv2d(x, weight, bias, activation="relu"), np.maximum(product + bias, 0))
    assert np.array_equal(conv2d(x, weight, activation=np.tanh), np.tanh(product))
    assert np.array_equal(conv2d(x[..., :0], weight[:, :, :0], bias), np.broadcast_to(bias, product.shape))
    with pytest.raises(ValueError, match=r"conv2d: `bias` has shape \(3,\), the last axis of the result \(4,\)"):
        conv2d(x, weight, bias[:3])
    with pytest.raises(ValueError, match='conv2d: `activation` is "relu" or a function'):
        conv2d(x, weight, activation="gelu")


def test_what_follows_keeps_to_the_contract():
    def right(x, weight, bias, activation=None):
        made = convolve(x, weight) + bias
        return made if activation is None else np.maximum(made, 0)

    def bound(want, x, weight, bias, activation=None):
        return 1.01 * find_bound(np.float64, x, weight) + 2.0**-52 * (convolve(abs(x), abs(weight)) + abs(bias))

    rng = np.random.default_rng(9)
    arrays = numbers(rng, 2, 6, 7, 4), numbers(rng, 3, 2, 4, 19), numbers(rng, 19)
    for options in ({}, {"activation": "relu"}):
        check_kernel(conv2d, right, *arrays, options=options, bound=bound)
    few = numbers(rng, 1, 3, 3, 1), numbers(rng, 2, 2, 1, 5), numbers(rng, 5)
    check_kernel(conv2d, right, *few, options={"activation": "relu"}, bound=bound, special=False, interpreted=True)


@pytest.mark.parametrize(
    ("shapes", "options", "error", "message"),
    [
        (((5, 5), (3, 3, 1, 1)), {}, ValueError, r"`x` has shape \(5, 5\)"),
        (((5, 5, 1), (3, 3, 1)), {}, ValueError, r"`weight` has shape \(3, 3, 1\)"),
        (((5, 5, 2), (3, 3, 1, 1)), {}, ValueError, "`x` has 2 channels, `weight` is for 1"),
        (((5, 5, 1), (0, 3, 1, 1)), {}, ValueError, ".* a kernel without elements"),
        (((2, 5, 1), (3, 3, 1, 1)), {}, ValueError, "the kernel has height 3, the image 2$"),
        (((5, 0, 1), (3, 3, 1, 1)), {"padding": (0, 1)}, ValueError, "the kernel has width 3, the image 0 and 1 zeros on both sides"),
        (((5, 5, 1), (3, 3, 1, 1)), {"stride": 0}, ValueError, "`stride` is an integer of at least 1 or two of them, not 0"),
        (((5, 5, 1), (3, 3, 1, 1)), {"stride": (1, 2, 3)}, ValueError, "`stride` is an integer of at least 1"),
        (((5, 5, 1), (3, 3, 1, 1)), {"stride": 1.5}, TypeError, "`stride` is an integer or two of them, not 1.5"),
        (((5, 5, 1), (3, 3, 1, 1)), {"padding": -1}, ValueError, "`padding` is an integer of at least 0"),
        (((5, 5, 1), (3, 3, 1, 1)), {"padding": "full"}, ValueError, '`padding` is "same", "valid", an integer or two of them, not \'full\''),
    ],
)
def test_what_does_not_fit(shapes, options, error, message):
    with pytest.raises(error, match=f"conv2d: {message}"):
        conv2d(*(np.ones(shape) for shape in shapes), **options)


