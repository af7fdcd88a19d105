"""Stencils against SciPy, sums in higher precision and the chain that is documented, at every border, and on arrays nobody likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import stencil
from accel.kernels.stencils import _PIECE

DTYPES = (np.float32, np.float64)
PADS = {"reflect": "symmetric", "constant": "constant", "nearest": "edge", "mirror": "reflect", "wrap": "wrap"}


def numbers(rng, *shape, dtype=np.float64):
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape)).astype(dtype)


def neighbourhoods(x, sizes, mode="reflect", cval=0.0, origins=None):
    """What each element meets: the shape of x, then the elements."""
    middles = [size // 2 + move for size, move in zip(sizes, origins or [0] * x.ndim, strict=True)]
    around = [(middle, size - 1 - middle) for size, middle in zip(sizes, middles, strict=True)]
    wide = np.pad(x, around, PADS[mode], **({"constant_values": cval} if mode == "constant" else {}))
    return np.lib.stride_tricks.sliding_window_view(wide, sizes).reshape(*x.shape, int(np.prod(sizes)))


def check(got, x, weights, **options):
    """Each element is as near to the exact sum as the docs say."""
    assert got.dtype == x.dtype and got.shape == x.shape
    met = neighbourhoods(x, weights.shape, **options).astype(np.longdouble)
    taps = weights.astype(x.dtype).astype(np.longdouble).ravel()
    unit = taps.size * np.finfo(x.dtype).eps / 2
    bound = unit / (1 - unit) * (abs(met) * abs(taps)).sum(-1) + taps.size * float(np.finfo(x.dtype).smallest_subnormal)
    assert (abs(got - (met * taps).sum(-1)) <= bound * (1 + 1e-9)).all()


def chain(met, weights):
    """One element, as it is documented."""
    one = accel.types.SIMD[met.dtype.type, 1]
    total = one(0.0)
    for value, weight in zip(met, weights.ravel(), strict=True):
        if weight != 0:
            total = one(value).fma(one(weight), total)
    return total[0]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_borders(data):
    axes = data.draw(st.integers(1, 3))
    shape = tuple(data.draw(st.integers(1, 9 if axis < axes - 1 else 90)) for axis in range(axes))
    sizes = tuple(data.draw(st.integers(1, 6)) for _ in range(axes))
    origins = [data.draw(st.integers(-(size // 2), (size - 1) // 2)) for size in sizes]
    mode, dtype = data.draw(st.sampled_from(tuple(PADS))), data.draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, weights = numbers(rng, *shape, dtype=dtype), numbers(rng, *sizes) * (rng.random(sizes) < data.draw(st.sampled_from((0.5, 1.0))))
    got = stencil(x, weights, mode=mode, cval=2.5, origin=origins)
    check(got, x, weights, mode=mode, cval=2.5, origins=origins)


@pytest.mark.parametrize("mode", PADS)
@pytest.mark.parametrize(("shape", "sizes"), [((3, 5, 70), (3, 3, 3)), ((20, 40), (4, 5)), ((2, 3), (5, 7)), ((1,), (4,)), ((9, 600), (3, 3))])
def test_it_is_scipys_correlate(shape, sizes, mode):
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(1)
    x, weights = numbers(rng, *shape), numbers(rng, *sizes)
    for origin in (0, -1, 1):
        assert np.allclose(stencil(x, weights, mode=mode, cval=-3.0, origin=origin), ndimage.correlate(x, weights, mode=mode, cval=-3.0, origin=origin), rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", ["mirror", "constant"])
def test_pieces_of_long_lines(dtype, mode):
    rng = np.random.default_rng(2)
    for length in (_PIECE - 1, 2 * _PIECE + 3):
        for weights in (np.array([[1.0, -2.0, 0.5]]), numbers(rng, 3, 5)):
            x = numbers(rng, 3, length, dtype=dtype)
            check(stencil(x, weights, mode=mode), x, weights, mode=mode)
    x, weights = numbers(rng, 2000, dtype=dtype), numbers(rng, 151)
    check(stencil(x, weights, mode=mode), x, weights, mode=mode)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_element_is_the_documented_chain_whatever_is_around_it(dtype):
    rng = np.random.default_rng(3)
    x, weights = numbers(rng, 5, 7, 80, dtype=dtype), numbers(rng, 3, 3, 3, dtype=dtype)
    weights[0, 1, 1] = weights[2, 2, 2] = 0
    got, met = stencil(x, weights, mode="nearest"), neighbourhoods(x, (3, 3, 3), "nearest")
    for place in ((0, 0, 0), (4, 6, 79), (2, 3, 1), (2, 3, 40), (3, 6, 77), (1, 1, 78)):
        assert got[place] == chain(met[place], weights)
    assert np.array_equal(stencil(x[1:4, 2:6, 10:40], weights)[1:-1, 1:-1, 1:-1], got[2:3, 3:5, 11:39])
    wide = numbers(rng, 4, 1200, dtype=dtype)
    assert np.array_equal(stencil(wide, weights[1])[:, 300:400], stencil(wide[:, 299:401], weights[1])[:, 1:-1])


def test_weights_of_zero_and_what_is_not_finite():
    x = np.ones((6, 70))
    x[2, 3], x[4, 60] = np.nan, np.inf
    got = stencil(x, [[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    assert np.isnan(got[1:4, 3]).all() and np.isnan(got[2, 2:5]).all() and np.isnan(got).sum() == 5 and np.isinf(got).sum() == 5
    assert not stencil(x, np.zeros((3, 3))).any()
    edge = stencil(np.ones((3, 70)), np.full((1, 3), np.inf), mode="constant")
    assert np.isnan(edge[:, [0, -1]]).all() and np.isinf(edge[:, 1:-1]).all()
    assert np.isnan(stencil(np.ones((3, 70)), np.ones((3, 3)), mode="constant", cval=np.nan)).sum() == 2 * 70 + 2
    assert np.signbit(stencil(np.array([-0.0]), [1.0])).tolist() == [False]
    small = np.full(100, np.finfo(np.float64).smallest_subnormal)
    assert np.array_equal(stencil(small, [1, 1, 1]), 3 * small)


def test_threads_change_no_bit():
    rng = np.random.default_rng(4)
    cases = (numbers(rng, 300, 301), numbers(rng, 3, 3)), (numbers(rng, 20, 30, 40), numbers(rng, 3, 3, 3)), (numbers(rng, 100_000), numbers(rng, 5))
    found = []
    for threads in (1, 2, 3):
        with accel.parallel(threads):
            found.append([stencil(*case, mode="wrap") for case in cases])
    assert all(np.array_equal(a, b) for other in found for a, b in zip(found[0], other, strict=True))


def test_awkward_memory_and_out():
    rng = np.random.default_rng(5)
    x, weights = numbers(rng, 9, 40), numbers(rng, 3, 3)
    want = stencil(x, weights)
    shifted = np.frombuffer(b"x" + x.tobytes(), np.uint8)[1:].view(np.float64).reshape(x.shape)
    for same in (shifted, x.astype(">f8"), x.tolist(), np.asfortranarray(x), x[::-1, ::-1].copy()[::-1, ::-1], np.repeat(x, 2, axis=1)[:, ::2]):
        assert np.array_equal(stencil(same, weights), want)
    row = np.broadcast_to(x[:1], x.shape)
    assert np.array_equal(stencil(row, weights), stencil(row.copy(), weights))
    for same in (weights.astype(">f8"), np.asfortranarray(weights), weights.tolist(), weights[::-1].copy()[::-1]):
        assert np.array_equal(stencil(x, same), want)
    for out in (np.empty(x.shape), np.empty(x.shape, order="F"), np.empty(x.shape, ">f8"), np.empty((9, 80))[:, ::2], x.copy()[::-1]):
        assert stencil(x, weights, out=out) is out and np.array_equal(out, want)
    for out in (mine := x.copy(), (mine := x.copy())[::-1]):
        assert np.array_equal(stencil(out if out.base is None else out[::-1], weights, out=out), want)
    assert np.array_equal(stencil(x, weights, out=np.empty(x.shape, np.float32)), want.astype(np.float32))
    single = stencil(x.astype(np.float32), [[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert single.dtype == np.float32 and stencil(x[:0], weights).shape == (0, 40) and stencil(x[:, :0], weights).shape == (9, 0)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((np.ones(3, int), [1]), {}, TypeError, "stencil takes arrays of float32 and float64"),
        ((np.ones(3), [1j]), {}, TypeError, "stencil: `weights` must be real numbers, not complex128"),
        ((1.0, [1]), {}, ValueError, r"stencil: `x` has shape \(\), not one to three axes"),
        ((np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1))), {}, ValueError, "stencil: `x` has shape .* not one to three axes"),
        ((np.ones(3), [[1]]), {}, ValueError, r"stencil: `weights` has shape \(1, 1\), and `x` 1 axes"),
        ((np.ones(3), []), {}, ValueError, r"stencil: `weights` has shape \(0,\), without elements"),
        ((np.ones(3), [1, 1]), {"mode": "valid"}, ValueError, "stencil: `mode` is one of reflect, constant, nearest, mirror, wrap, not 'valid'"),
        ((np.ones(3), [1, 1]), {"mode": 3}, ValueError, "stencil: `mode` is one of .*, not 3"),
        ((np.ones(3), [1, 1]), {"cval": "a"}, TypeError, "stencil: `cval` must be a number, not 'a'"),
        ((np.ones(3), [1, 1]), {"origin": 0.5}, TypeError, "stencil: `origin` is an integer, or one for each axis, not 0.5"),
        ((np.ones(3), [1, 1]), {"origin": (0, 0)}, ValueError, "stencil: `origin` has 2 numbers, `weights` 1 axes"),
        ((np.ones(3), [1, 1]), {"origin": 1}, ValueError, "stencil: `origin` 1 lies outside of an axis of 2 weights"),
        ((np.ones(3), [1, 1, 1]), {"origin": [-2]}, ValueError, "stencil: `origin` -2 lies outside of an axis of 3 weights"),
        ((np.ones(3), [1, 1]), {"out": np.ones(2)}, ValueError, r"stencil: `out` has shape \(2,\), the result \(3,\)"),
    ],
)
def test_what_does_not_fit(arguments, options, error, message):
    with pytest.raises(error, match=message):
        stencil(*arguments, **options)


def test_with_accel_off_it_means_the_same():
    rng = np.random.default_rng(6)
    x, weights = numbers(rng, 3, 11), numbers(rng, 3, 3)
    want = stencil(x, weights, mode="constant", cval=1.0), stencil(x[0], weights[0])
    with accel.disabled():
        found = stencil(x, weights, mode="constant", cval=1.0), stencil(x[0], weights[0])
    assert all(map(np.array_equal, found, want))
