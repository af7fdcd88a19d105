"""Accelerations of bodies against sums in higher precision and the chain that is documented, and on arrays nobody likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import gravity

DTYPES = (np.float32, np.float64)


def bodies(rng, n, dtype=np.float64):
    return (rng.standard_normal((n, 3)) * 10.0 ** rng.integers(-2, 3, (n, 1))).astype(dtype), (rng.random(n) * 10).astype(dtype)


def check(got, positions, masses, softening=0.0, constant=1.0):
    """Each component is as near to the exact sum as the docs say."""
    dtype, n = positions.dtype, len(positions)
    assert got.dtype == dtype and got.shape == (n, 3)
    places = positions.astype(np.longdouble)
    apart = places[None] - places[:, None]
    squares = (apart**2).sum(2) + np.longdouble(softening) ** 2
    squares[np.arange(n), np.arange(n)] = 1
    terms = constant * (masses.astype(np.longdouble) / squares**1.5)[..., None] * apart
    terms[np.arange(n), np.arange(n)] = 0
    bound = (280 + n / 256) * np.finfo(dtype).eps / 2 * abs(terms).sum(1)
    assert (abs(got - terms.sum(1)) <= bound).all()


def chain(positions, masses, i, softening, constant):
    """The acceleration of one body, as it is documented."""
    one = accel.types.SIMD[positions.dtype.type, 1]
    total = [one(0.0)] * 3
    for start in range(0, len(positions), 256):
        part = [one(0.0)] * 3
        for j in range(start, min(start + 256, len(positions))):
            if j != i:
                d = [one(positions[j, k]) - one(positions[i, k]) for k in range(3)]
                q = 1.0 / d[2].fma(d[2], d[1].fma(d[1], d[0].fma(d[0], one(softening * softening)))).sqrt()
                force = (one(masses[j]) * q) * (q * q)
                part = [force.fma(d[k], part[k]) for k in range(3)]
        total = [a + b for a, b in zip(total, part, strict=True)]
    return [(a * constant)[0] for a in total]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 70), st.sampled_from(DTYPES), st.sampled_from((0.0, 0.01, 2.0)), st.integers(0, 99))
def test_sums(n, dtype, softening, seed):
    positions, masses = bodies(np.random.default_rng(seed), n, dtype)
    check(gravity(positions, masses, softening=softening, G=3.0), positions, masses, softening, 3.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks(dtype):
    positions, masses = bodies(np.random.default_rng(1), 1030, dtype)
    got = gravity(positions, masses)
    check(got, positions, masses)
    assert np.isfinite(got).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_acceleration_is_the_documented_chain(dtype):
    positions, masses = bodies(np.random.default_rng(2), 300, dtype)
    got = gravity(positions, masses, softening=0.5, G=0.125)
    for i in (0, 7, 255, 256, 299):
        assert got[i].tolist() == [float(x) for x in chain(positions, masses, i, 0.5, 0.125)]
    few = gravity(positions[:256], masses[:256])
    assert np.array_equal(gravity(np.concatenate([positions[:256], positions[5:6]]), np.append(masses[:256], dtype(0)))[:5], few[:5])


def test_two_bodies():
    positions = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 4.0]])
    got = gravity(positions, [10.0, 50.0])
    assert np.allclose(got, [[1.2, 0.0, 1.6], [-0.24, 0.0, -0.32]], rtol=1e-15)
    assert gravity(positions[:1], [1.0]).tolist() == [[0.0, 0.0, 0.0]] and gravity(positions[:0], []).shape == (0, 3)
    solar = gravity([[0.0, 0.0, 0.0], [1.496e11, 0.0, 0.0]], [1.989e30, 5.972e24], G=6.6743e-11)
    assert abs(solar[1, 0] + 5.93e-3) < 1e-5
    assert np.allclose(gravity(np.float32([[0, 0, 0], [1.496e11, 0, 0]]), np.float32([1.989e30, 5.972e24]), G=6.6743e-11), solar, rtol=1e-6, atol=0)


def test_nobody_attracts_itself_and_limits():
    same = np.ones((40, 3))
    assert np.isnan(gravity(same, np.ones(40))).all()
    assert not gravity(same, np.ones(40), softening=0.1).any()
    far = np.array([[0.0, 0.0, 0.0], [1e200, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert gravity(far, np.ones(3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]
    odd = np.array([[0.0, 0.0, 0.0], [np.nan, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert np.isnan(gravity(odd, np.ones(3))[:, 0]).all()
    assert np.isfinite(gravity(np.where(np.isnan(odd), 5.0, odd), [1.0, np.inf, 1.0])[1]).all()


def test_threads_change_no_bit():
    positions, masses = bodies(np.random.default_rng(3), 403, np.float32)
    found = []
    for threads in (1, 2, 3):
        with accel.parallel(threads):
            found.append(gravity(positions, masses))
    assert all(np.array_equal(found[0], other) for other in found)


def test_awkward_memory_and_out():
    positions, masses = bodies(np.random.default_rng(4), 37)
    want = gravity(positions, masses)
    shifted = np.frombuffer(b"x" + positions.tobytes(), np.uint8)[1:].view(np.float64).reshape(37, 3)
    for same in (shifted, positions.astype(">f8"), positions.tolist(), np.asfortranarray(positions), positions[::-1].copy()[::-1], np.repeat(positions, 2, axis=1)[:, ::2]):
        assert np.array_equal(gravity(same, masses), want)
    assert np.array_equal(gravity(positions, np.broadcast_to(masses[:1], 37)), gravity(positions, np.full(37, masses[0])))
    assert gravity(positions.astype(np.float32), masses).dtype == np.float64
    for out in (np.empty((37, 3)), np.empty((37, 3), order="F"), np.empty((37, 3), ">f8"), np.empty((37, 6))[:, ::2]):
        assert gravity(positions, masses, out=out) is out and np.array_equal(out, want)
    assert np.array_equal(gravity(positions, masses, out=np.empty((37, 3), np.float32)), want.astype(np.float32))
    for out in ((mine := positions.copy()), positions.copy()[::-1]):
        assert np.array_equal(gravity(mine if out is mine else out[::-1], masses, out=out), want)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((np.ones((3, 2)), np.ones(3)), {}, ValueError, r"gravity: `positions` has shape \(3, 2\), not \(n, 3\)"),
        ((np.ones(3), np.ones(3)), {}, ValueError, r"gravity: `positions` has shape \(3,\), not \(n, 3\)"),
        ((np.ones((4, 3)), np.ones(3)), {}, ValueError, r"gravity: `masses` has shape \(3,\), and there are 4 bodies"),
        ((np.ones((1, 3)), 1.0), {}, ValueError, r"gravity: `masses` has shape \(\), and there are 1 bodies"),
        ((np.ones((1, 3), int), np.ones(1, int)), {}, TypeError, "gravity takes arrays of float32 and float64"),
        ((np.ones((1, 3)), np.ones(1)), {"softening": -1}, ValueError, "gravity: `softening` is -1.0, not a length of at least 0"),
        ((np.ones((1, 3)), np.ones(1)), {"softening": np.nan}, ValueError, "gravity: `softening` is nan"),
        ((np.ones((1, 3)), np.ones(1)), {"softening": None}, TypeError, "gravity: `softening` must be a number, not None"),
        ((np.ones((1, 3)), np.ones(1)), {"G": "one"}, TypeError, "gravity: `G` must be a number, not 'one'"),
        ((np.ones((1, 3)), np.ones(1)), {"out": np.ones(3)}, ValueError, r"gravity: `out` has shape \(3,\), the result \(1, 3\)"),
    ],
)
def test_what_does_not_fit(arguments, options, error, message):
    with pytest.raises(error, match=message):
        gravity(*arguments, **options)


@pytest.mark.parametrize("dtype", DTYPES)
def test_with_accel_off_it_means_the_same(dtype):
    positions, masses = bodies(np.random.default_rng(5), 11, dtype)
    want = gravity(positions, masses), gravity(positions, masses, softening=0.3, G=7e-11)
    with accel.disabled():
        found = gravity(positions, masses), gravity(positions, masses, softening=0.3, G=7e-11)
    assert all(map(np.array_equal, found, want))
