"""Attention against its definition in higher precision, around tiles, groups and blocks, and on arrays nobody likes."""

import numpy as np
import pytest

from accel.kernels import attending, attention
from accel.testing import check_kernel

pytestmark = pytest.mark.slow  # attention compiles for a quarter of a minute
DTYPES = (np.float32, np.float64)
SHAPES = ((1, 1, 1, 1), (5, 7, 8, 3), (6, 16, 64, 16), (7, 17, 5, 17), (50, 300, 16, 24), (97, 257, 8, 1), (130, 513, 33, 40), (401, 30, 4, 32))  # m, s, dim, dim_v


def make(m, s, dim, dim_v, dtype=np.float32, stack=()):
    rng = np.random.default_rng(m + s)
    return tuple(rng.standard_normal((*stack, *shape)).astype(dtype) for shape in ((m, dim), (s, dim), (s, dim_v)))


def exact(q, k, v, *, causal=False, scale=None):
    """The result, and the mean of the magnitudes of values, in higher precision."""
    q, k, v = (each.astype(np.longdouble) for each in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) * (1 / np.sqrt(np.longdouble(q.shape[-1])) if scale is None else scale)
    scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf) if causal else scores
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return weights @ v, weights @ abs(v)


def check(q, k, v, **options):
    got, (want, size) = attention(q, k, v, **options), exact(q, k, v, **options)
    assert got.dtype == q.dtype and got.shape == want.shape
    assert (abs(got - want) <= 20 * np.finfo(q.dtype).eps / 2 * size).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_shapes(dtype):
    for shape in SHAPES:
        q, k, v = make(*shape, dtype=dtype)
        for causal in (False, True):
            check(q, k, v, causal=causal)
    check(q, k, v, scale=0.7)
    check(q, k, v, scale=-0.7, causal=True)
    check(q, k, v, scale=0.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_long_sequence(dtype):
    for causal in (False, True):
        check(*make(1000, 2048, 64, 64, dtype=dtype), causal=causal)


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_far_apart(dtype):
    q, k, v = make(40, 600, 8, 8, dtype=dtype)
    k = np.sort(k, axis=0) * 20  # scores that grow from block to block
    for keys in (k, k[::-1].copy()):
        want, size = exact(q, keys, v)
        assert (abs(attention(q, keys, v) - want) <= 4000 * np.finfo(dtype).eps * size).all()
    k[:] = 0
    k[-1, 0], q[:, 0] = 1000, 1000
    assert np.allclose(attention(q, k, v), np.broadcast_to(v[-1], (40, 8)), rtol=4 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_is_what_it_is_alone(dtype):
    q, k, v = make(403, 530, 16, 20, dtype=dtype)
    whole, seen = attention(q, k, v), attention(q, k, v, causal=True)
    for i in (0, 5, 6, 100, 401, 402):
        assert np.array_equal(attention(q[i : i + 1], k, v)[0], whole[i])
        assert np.array_equal(attention(q[i : i + 1], k[: i + 1], v[: i + 1])[0], seen[i])
    assert np.array_equal(attention(q[50:300], k, v[:, 3:4])[:, 0], whole[50:300, 3])


@pytest.mark.parametrize("dtype", DTYPES)
def test_contract(dtype, monkeypatch):
    monkeypatch.setattr(attending, "_SHARED", 1)
    unit = np.finfo(dtype).eps / 2

    def right(q, k, v, causal=False):
        return exact(q, k, v, causal=causal, scale=None if q.shape[-1] else 0.0)[0] if k.shape[-2] else np.zeros((*q.shape[:-1], v.shape[-1]))

    def bound(want, q, k, v, causal=False):
        return 20 * unit * exact(q, k, v, causal=causal, scale=None if q.shape[-1] else 0.0)[1] if k.shape[-2] else 0.0

    shapes = [((4, 0, 3), (4, 5, 3), (4, 5, 2)), ((4, 3), (0, 3), (0, 2)), ((4, 3), (5, 3), (5, 0)), ((0, 4, 3), (1, 5, 3), (5, 2))]
    for m, s, dim, dim_v, stack, options in ((30, 30, 8, 8, (), {}), (150, 20, 9, 4, (3, 2), {"causal": True})):
        check_kernel(attention, right, *make(m, s, dim, dim_v, dtype, stack), options=options, bound=bound, shapes=shapes, atol=1e-300, special=not options)  # the reference multiplies what is masked, too
    for options in ({}, {"causal": True}):
        check_kernel(attention, right, *make(3, 5, 2, 1, dtype), options=options, bound=bound, special=False, interpreted=True)
    q, k, v = make(30, 30, 8, 8, dtype)
    assert np.array_equal(attention(q, k, v, out=np.empty((30, 8), np.float32)), attention(q, k, v).astype(np.float32))


@pytest.mark.parametrize("dtype", DTYPES)
def test_masked_keys_have_no_influence(dtype):
    q, k, v = make(100, 300, 8, 8, dtype=dtype)
    want = attention(q, k, v, causal=True)
    for i in (0, 1, 2, 5, 6, 50, 98, 99):
        bad_k, bad_v = k.copy(), v.copy()
        bad_k[i:], bad_v[i:] = np.nan, np.inf
        for arguments in ((q, bad_k, v), (q, k, bad_v), (q, bad_k, bad_v)):
            got = attention(*arguments, causal=True)
            assert np.array_equal(got[:i], want[:i]) and not np.isfinite(got[i:]).any()


def test_not_finite():
    q, k, v = make(20, 300, 8, 8)
    want = attention(q, k, v)
    q[3, 2], q[4, 1] = np.nan, np.inf
    got = attention(q, k, v)
    assert np.isnan(got[3:5]).all() and np.array_equal(np.delete(got, (3, 4), 0), np.delete(want, (3, 4), 0))
    q, k, v = np.ones((4, 2), np.float32), np.ones((500, 2), np.float32), np.arange(500, dtype=np.float32)[:, None]
    k[:499] = -np.inf
    assert np.array_equal(attention(q, k, v), np.full((4, 1), 499.0))
    k[499] = -np.inf
    assert np.isnan(attention(q, k, v)).all()


def test_queries_without_numbers_see_all_alike():
    q, k, v = make(3, 4, 0, 1)
    assert np.allclose(attention(q, k, v), np.full((3, 1), v.mean()), rtol=1e-6)


def test_promotion():
    q, k, v = make(3, 4, 2, 1)
    assert attention(q, k.astype(np.float64), v).dtype == attention(q.tolist(), k.tolist(), v.tolist()).dtype == np.float64


def test_stacks():
    q, k, v = make(9, 20, 8, 4, stack=(3, 4))
    want = attention(q, k, v)
    assert np.array_equal(want[2, 1], attention(q[2, 1], k[2, 1], v[2, 1]))
    shared = attention(q, k[:, :1], v[0, 0])
    assert shared.shape == (3, 4, 9, 4) and np.array_equal(shared[1, 2], attention(q[1, 2], k[1, 0], v[0, 0]))


def test_what_does_not_fit():
    q, k, v = make(3, 4, 5, 6)
    for arguments, text in (
        ((q[0], k, v), r"attention: `q` has shape \(5,\), it must have at least two axes"),
        ((q, k[:, :4], v), "attention: the last axis of `q` has length 5, that of `k` 4"),
        ((q, k, v[:3]), "attention: `k` has 4 rows, `v` 3"),
        ((np.ones((2, 3, 5)), np.ones((3, 4, 5)), v), r"attention: leading axes \(2,\), \(3,\), \(\) can't be broadcast"),
    ):
        with pytest.raises(ValueError, match=text):
            attention(*arguments)
    with pytest.raises(ValueError, match=r"attention: `out` has shape \(3,\), the result \(3, 6\)"):
        attention(q, k, v, out=np.ones(3))
    with pytest.raises(TypeError, match="attention takes arrays of float32 and float64"):
        attention(q.astype(int), k.astype(int), v.astype(int))


