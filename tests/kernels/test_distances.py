"""Distances against sums in higher precision, neighbours against a stable sort, on every shape around tiles and blocks, and on arrays nobody likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import distances, nearest_neighbours, pairwise_distances
from accel.kernels.blocks import choose_difference_blocks
from accel.testing import check_kernel

METRICS = ("euclidean", "sqeuclidean", "manhattan")
SLOW = pytest.mark.slow  # what takes longest is compiling
KINDS = [pytest.param(np.float32, "euclidean", marks=SLOW), (np.float64, "euclidean"), (np.float64, "sqeuclidean"), (np.float64, "manhattan")]
DTYPES = (pytest.param(np.float32, marks=SLOW), np.float64)
BLOCKS = choose_difference_blocks(np.float64)


def numbers(rng, *shape, dtype=np.float64):
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape)).astype(dtype)


def measure(a, b, metric="euclidean"):
    """What is right."""
    apart = a[:, None] - b
    total = abs(apart).sum(2) if metric == "manhattan" else (apart**2).sum(2)
    return np.sqrt(total) if metric == "euclidean" else total


def find_unit(dtype, k, metric="euclidean"):
    """How far distances may be off relatively, as the docs say."""
    unit = {"euclidean": k / 2 + 2, "sqeuclidean": k + 2, "manhattan": k + 1}[metric] * np.finfo(dtype).eps / 2
    return unit / (1 - unit) * (1 + 1e-9)


def check(got, a, b, metric):
    """Each distance is as near to the exact one as the docs say."""
    dtype, exact = np.result_type(a, b), measure(a.astype(np.longdouble), b.astype(np.longdouble), metric)
    assert got.dtype == dtype and got.shape == (len(a), len(b))
    assert (abs(got - exact) <= find_unit(dtype, a.shape[1], metric) * exact).all()


def find_nearest(queries, points, k, metric="euclidean"):
    """What a stable sort gives of the distances that the kernel gives, NaN last."""
    whole = pairwise_distances(*(each.astype(np.float64) if each.dtype == np.longdouble else each for each in (queries, points)), metric=metric)
    order = np.argsort(whole, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(whole, order, 1), order


def check_nearest(queries, points, k, metric):
    """What is found is what a stable sort gives."""
    want, order = find_nearest(queries, points, k, metric)
    distances, found = nearest_neighbours(queries, points, k, metric=metric)
    assert found.dtype == np.int64 and np.array_equal(found, order)
    assert distances.dtype == want.dtype and np.array_equal(distances, want, equal_nan=True)


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "metric"), KINDS)
@settings(max_examples=25, deadline=None)
@given(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 20)), st.integers(0, 99))
def test_shapes(dtype, metric, shape, seed):
    m, n, k = shape
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


@pytest.mark.parametrize("dtype", DTYPES)
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


def test_contract(monkeypatch):
    monkeypatch.setattr(distances, "_SHARED", 1)
    rng = np.random.default_rng(6)
    for m, n, k in ((20, 20, 20), (101, 30, 9)):
        a, b = numbers(rng, m, k), numbers(rng, n, k)
        check_kernel(pairwise_distances, measure, a, b, rtol=find_unit(np.float64, k), shapes=[((1, 1), (1, 1)), ((301, 100), (170, 100))])
        check_kernel(nearest_neighbours, find_nearest, a, b, 5, out=False, empty=False)
    assert np.array_equal(pairwise_distances(a, out=np.empty((101, 101), np.float32)), pairwise_distances(a).astype(np.float32))
    assert np.array_equal(pairwise_distances(a.tolist(), b), pairwise_distances(a, b))
    few = a[:9, :5], b[:11, :5]
    check_kernel(pairwise_distances, measure, *few, rtol=find_unit(np.float64, 5), special=False, interpreted=True)
    check_kernel(nearest_neighbours, find_nearest, *few, 3, out=False, special=False, empty=False, interpreted=True)
    with pytest.raises(ValueError, match=r"pairwise_distances: `out` has shape \(3,\), the result \(20, 20\)"):
        pairwise_distances(numbers(rng, 20, 20), out=np.empty(3))


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


