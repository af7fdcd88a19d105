"""Distances against sums in higher precision, neighbours against a stable sort, on every shape around tiles and blocks, and on arrays nobody likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import nearest_neighbours, pairwise_distances
from accel.kernels.blocks import choose_difference_blocks

METRICS = ("euclidean", "sqeuclidean", "manhattan")
KINDS = [(np.float32, "euclidean"), (np.float64, "euclidean"), (np.float64, "sqeuclidean"), (np.float64, "manhattan")]
BLOCKS = choose_difference_blocks(np.float64)


def numbers(rng, *shape, dtype=np.float64):
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape)).astype(dtype)


def check(got, a, b, metric):
    """Each distance is as near to the exact one as the docs say."""
    dtype, k = np.result_type(a, b), a.shape[1]
    assert got.dtype == dtype and got.shape == (len(a), len(b))
    apart = a.astype(np.longdouble)[:, None] - b.astype(np.longdouble)
    exact = abs(apart).sum(2) if metric == "manhattan" else (apart**2).sum(2)
    roundings = {"euclidean": k / 2 + 2, "sqeuclidean": k + 2, "manhattan": k + 1}[metric]
    if metric == "euclidean":
        exact = np.sqrt(exact)
    unit = roundings * np.finfo(dtype).eps / 2
    assert (abs(got - exact) <= unit / (1 - unit) * exact * (1 + 1e-9)).all()


def check_nearest(queries, points, k, metric):
    """What is found is what a stable sort gives, NaN last."""
    whole = pairwise_distances(queries, points, metric=metric)
    order = np.argsort(whole, axis=1, kind="stable")[:, :k]
    distances, found = nearest_neighbours(queries, points, k, metric=metric)
    assert found.dtype == np.int64 and np.array_equal(found, order)
    assert distances.dtype == whole.dtype and np.array_equal(distances, np.take_along_axis(whole, order, 1), equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 20)), st.sampled_from(KINDS), st.integers(0, 99))
def test_shapes(shape, kind, seed):
    (m, n, k), (dtype, metric) = shape, kind
    rng = np.random.default_rng(seed)
    a, b = numbers(rng, m, k, dtype=dtype), numbers(rng, n, k, dtype=dtype)
    check(pairwise_distances(a, b, metric=metric), a, b, metric)
    if n:
        check_nearest(a, b, int(rng.integers(1, n + 1)), metric)


@pytest.mark.parametrize(("dtype", "metric"), KINDS)
@pytest.mark.parametrize(
    "shape",
    [
        (BLOCKS.high + 1, BLOCKS.tile.wide + 1, BLOCKS.depth + 1),
        (BLOCKS.tile.tall + 1, BLOCKS.strip + 1, 2 * BLOCKS.depth),
        (3, 5, 1000),
    ],
)
def test_blocks(shape, dtype, metric):
    m, n, k = shape
    rng = np.random.default_rng(1)
    a, b = numbers(rng, m, k, dtype=dtype), numbers(rng, n, k, dtype=dtype)
    check(pairwise_distances(a, b, metric=metric), a, b, metric)
    check_nearest(a, b, 3, metric)


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_points(dtype, metric):
    rng = np.random.default_rng(2)
    queries, points = rng.integers(0, 4, (600, 5)).astype(dtype), rng.integers(0, 4, (5000, 5)).astype(dtype)
    for k in (1, 70, 5000):
        check_nearest(queries, points, k, metric)
    a, b = numbers(rng, 300, 40, dtype=dtype), numbers(rng, 200, 40, dtype=dtype)
    check(pairwise_distances(a, b, metric=metric), a, b, metric)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_distance_is_a_chain_of_fused_operations_whatever_is_around_it(dtype):
    rng = np.random.default_rng(3)
    a, b = numbers(rng, 30, 300, dtype=dtype), numbers(rng, 40, 300, dtype=dtype)
    squares, lane = pairwise_distances(a, b, metric="sqeuclidean"), accel.types.SIMD[dtype, 1]
    for i, j in ((0, 0), (29, 39), (13, 16)):
        total = lane(0.0)
        for x, y in zip(a[i], b[j], strict=True):
            apart = lane(x) - lane(y)
            total = apart.fma(apart, total)
        assert squares[i, j] == total[0]
    assert np.array_equal(pairwise_distances(a, b), np.sqrt(squares))
    assert np.array_equal(pairwise_distances(a[7:9], b[5:6], metric="sqeuclidean"), squares[7:9, 5:6])
    assert np.array_equal(pairwise_distances(b, a, metric="sqeuclidean"), squares.T)
    alone = pairwise_distances(a)
    assert np.array_equal(alone, pairwise_distances(a, a)) and not alone.diagonal().any()


def test_points_that_are_close_do_not_cancel():
    a = np.array([[1e8, 1.0], [1e8, 1.0 + 1e-7]])
    assert np.isclose(pairwise_distances(a)[0, 1], 1e-7, rtol=1e-8)


def test_equal_distances_come_by_their_numbers():
    points = np.array([[3.0], [1.0], [-1.0], [1.0], [0.0], [-1.0]])
    distances, found = nearest_neighbours([[0.0]], points, 6, metric="manhattan")
    assert found.tolist() == [[4, 1, 2, 3, 5, 0]] and distances.tolist() == [[0.0, 1.0, 1.0, 1.0, 1.0, 3.0]]
    rng = np.random.default_rng(4)
    queries, points = rng.integers(0, 3, (20, 3)).astype(float), rng.integers(0, 3, (2500, 3)).astype(float)
    for k in (1, 9, 400):
        check_nearest(queries, points, k, "euclidean")


def test_not_finite():
    points = np.array([[np.nan, 0.0], [np.inf, 0.0], [0.0, 0.0], [-np.inf, 1.0], [1e300, 0.0], [np.nan, 1.0]])
    assert np.isnan(pairwise_distances(points)[0]).all() and np.isnan(pairwise_distances(points)[1, 1])  # inf - inf
    assert pairwise_distances(points)[1].tolist()[2:5] == [np.inf] * 3 and pairwise_distances(points)[2, 4] == np.inf  # the square overflows
    assert pairwise_distances(points, metric="manhattan")[2, 4] == 1e300
    for k in range(1, 7):
        check_nearest(points, points, k, "euclidean")
        check_nearest(points, points, k, "manhattan")
    small = np.array([[0.0], [np.finfo(np.float64).smallest_subnormal]])
    assert pairwise_distances(small, metric="manhattan")[0, 1] == small[1, 0] and pairwise_distances(small)[0, 1] == 0.0


def test_threads_change_no_bit():
    rng = np.random.default_rng(5)
    a, b = numbers(rng, 301, 100), numbers(rng, 170, 100)
    found = []
    for threads in (1, 2, 3):
        with accel.parallel(threads):
            found.append((pairwise_distances(a, b), *nearest_neighbours(a, b, 5)))
    assert 301 * 170 * 100 > 1 << 22
    assert all(np.array_equal(x, y) for other in found[1:] for x, y in zip(found[0], other, strict=True))
    check(found[0][0], a, b, "euclidean")


def test_awkward_memory():
    rng = np.random.default_rng(6)
    a, b = numbers(rng, 20, 9), numbers(rng, 30, 9)
    want, nearest = pairwise_distances(a, b), nearest_neighbours(a, b, 4)
    shifted = np.frombuffer(b"x" + a.tobytes(), np.uint8)[1:].view(np.float64).reshape(a.shape)
    assert not shifted.flags.aligned
    for same in (shifted, a.astype(">f8"), a.tolist(), np.asfortranarray(a), a[::-1].copy()[::-1], np.repeat(a, 2, axis=1)[:, ::2]):
        assert np.array_equal(pairwise_distances(same, b), want)
        assert all(np.array_equal(x, y) for x, y in zip(nearest_neighbours(same, b, 4), nearest, strict=True))
    row = np.broadcast_to(b[:1], b.shape)
    assert np.array_equal(pairwise_distances(a, row), np.broadcast_to(want[:, :1], want.shape))
    a.flags.writeable = b.flags.writeable = False
    assert np.array_equal(pairwise_distances(a, b), want)


def test_out():
    rng = np.random.default_rng(7)
    a = numbers(rng, 20, 20)
    want = pairwise_distances(a)
    for out in (np.empty((20, 20)), np.empty((20, 20), order="F"), np.empty((20, 40))[:, ::2], np.empty((20, 20), ">f8"), a.copy()[::-1]):
        assert pairwise_distances(a, out=out) is out and np.array_equal(out, want)
    assert np.array_equal(pairwise_distances(a, out=np.empty((20, 20), np.float32)), want.astype(np.float32))
    mine = a.copy()
    assert np.array_equal(pairwise_distances(mine, out=mine), want)
    with pytest.raises(ValueError, match=r"pairwise_distances: `out` has shape \(3,\), the result \(20, 20\)"):
        pairwise_distances(a, out=np.empty(3))


def test_points_of_nothing():
    empty = np.ones((3, 0))
    assert pairwise_distances(empty, np.ones((2, 0))).tolist() == [[0.0, 0.0]] * 3
    distances, found = nearest_neighbours(empty, empty, 2)
    assert distances.tolist() == [[0.0, 0.0]] * 3 and found.tolist() == [[0, 1]] * 3
    assert nearest_neighbours(np.ones((0, 2)), np.ones((5, 2)), 2)[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a: pairwise_distances(a, metric="cosine"), ValueError, "pairwise_distances: `metric` is one of euclidean, sqeuclidean, manhattan, not 'cosine'"),
        (lambda a: pairwise_distances(a, metric=2), ValueError, "pairwise_distances: `metric` is one of .*, not 2"),
        (lambda a: pairwise_distances(a[0]), ValueError, r"pairwise_distances: `a` has shape \(3,\), not one row for each point"),
        (lambda a: pairwise_distances(a, a[0]), ValueError, r"pairwise_distances: `b` has shape \(3,\)"),
        (lambda a: pairwise_distances(a, a[:, 1:]), ValueError, "pairwise_distances: the points of `a` have 3 coordinates, those of `b` 2"),
        (lambda a: pairwise_distances(a.astype(int)), TypeError, "pairwise_distances takes arrays of float32 and float64"),
        (lambda a: nearest_neighbours(a, a[:, 1:], 1), ValueError, "nearest_neighbours: the points of `queries` have 3 coordinates, those of `points` 2"),
        (lambda a: nearest_neighbours(a, a, 0), ValueError, "nearest_neighbours: `k` is 0, not from 1 to the number of points, 4"),
        (lambda a: nearest_neighbours(a, a, 5), ValueError, "nearest_neighbours: `k` is 5, not from 1 to"),
        (lambda a: nearest_neighbours(a, a, 1.0), TypeError, "nearest_neighbours: `k` must be an integer, not float"),
        (lambda a: nearest_neighbours(a, a, 1, metric="l2"), ValueError, "nearest_neighbours: `metric` is one of"),
    ],
)
def test_what_does_not_fit(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((4, 3)))


def test_with_accel_off_it_means_the_same():
    rng = np.random.default_rng(8)
    a, b = numbers(rng, 9, 5), numbers(rng, 11, 5)
    want = pairwise_distances(a, b), *nearest_neighbours(a, b, 3)
    with accel.disabled():
        found = pairwise_distances(a, b), *nearest_neighbours(a, b, 3)
    assert all(np.array_equal(x, y) for x, y in zip(want, found, strict=True))
