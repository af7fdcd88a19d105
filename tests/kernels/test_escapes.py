"""Counts of the Mandelbrot set against the loop that is documented, also where rounding decides, and on arrays nobody likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accel
from accel.kernels import mandelbrot

DTYPES = (np.float32, np.float64)


def count(real, imag, max_iter):
    """The documented loop for all points at once: NumPy rounds each operation and fuses none."""
    real, imag = np.broadcast_arrays(real, imag)
    x, y, counts = np.zeros_like(real), np.zeros_like(real), np.zeros(real.shape, np.int32)
    inside = np.ones(real.shape, bool)
    with np.errstate(all="ignore"):
        for _ in range(max_iter):
            inside &= x * x + y * y <= 4
            counts += inside
            x, y = x * x - y * y + real, 2 * x * y + imag
    return counts


def count_one(real, imag, max_iter):
    x = y = 0.0
    n = 0
    while n < max_iter and x * x + y * y <= 4.0:
        x, y = x * x - y * y + real, 2.0 * x * y + imag
        n += 1
    return n


def test_counts_are_those_of_the_loop_in_cpython():
    real, imag = np.linspace(-2.0, 0.5, 41), np.linspace(-1.12, 1.12, 31)[:, None]
    got = mandelbrot(real, imag, max_iter=300)
    assert got.dtype == np.int32 and got.shape == (31, 41)
    assert got.tolist() == [[count_one(x, y, 300) for x in real.tolist()] for y in imag[:, 0].tolist()]
    assert np.array_equal(got, count(real, imag, 300))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_shapes(data):
    dtype = data.draw(st.sampled_from(DTYPES))
    shape = data.draw(st.lists(st.integers(0, 70), max_size=3))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    parts = []
    for _ in range(2):
        mine = [side if data.draw(st.booleans()) else 1 for side in shape][data.draw(st.integers(0, len(shape))) :]
        step = data.draw(st.sampled_from((-2, -1, 1, 3)))
        wide = rng.uniform(-2, 2, [max(1, side * abs(step)) for side in mine]).astype(dtype)
        parts.append(wide[tuple(slice(None, None, step) for _ in mine)][tuple(slice(side) for side in mine)])
    limit = data.draw(st.integers(0, 60))
    got = mandelbrot(*parts, max_iter=limit)
    assert np.array_equal(got, count(*parts, limit)) and np.shape(got) == np.broadcast_shapes(*(part.shape for part in parts))


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_and_columns(dtype):
    row, column = np.linspace(-2, 1, 1700, dtype=dtype), np.linspace(-1.2, 1.2, 5, dtype=dtype)[:, None]
    grid = np.broadcast_arrays(row, column)
    want = count(row, column, 40)
    for parts in ((row, column), grid, (grid[0], column), (row, grid[1]), (grid[0].copy(), column[:, :1]), (row[None], column.copy())):
        assert np.array_equal(mandelbrot(*parts, max_iter=40), want)
    for parts in ((column, row), (dtype(-0.7), row), (row, dtype(0.1)), (row[:300], column.reshape(5, 1, 1)), (column.reshape(5, 1, 1), np.ones((3, 300), dtype))):
        assert np.array_equal(mandelbrot(*parts, max_iter=40), count(*parts, 40))
    one = mandelbrot(dtype(0.3), dtype(0.5), max_iter=99)
    assert type(one) is np.int32 and one == count(dtype(0.3), dtype(0.5), 99)


@pytest.mark.parametrize("dtype", DTYPES)
def test_where_rounding_decides(dtype):
    rng = np.random.default_rng(1)
    tiny = float(np.finfo(dtype).eps)
    angles = np.concatenate([rng.uniform(-np.pi, np.pi, 500), np.pi + rng.uniform(-8, 8, 3000) * tiny**0.5])
    sizes = 2 + rng.integers(-16, 17, angles.size) * tiny * 10.0 ** rng.integers(0, 4, angles.size)
    real, imag = (sizes * np.cos(angles)).astype(dtype), (sizes * np.sin(angles)).astype(dtype)
    assert np.array_equal(mandelbrot(real, imag, max_iter=70), count(real, imag, 70))
    edge = np.array([-2.0, np.nextafter(dtype(-2), dtype(0)), np.nextafter(dtype(-2), dtype(-3)), 0.25, np.nextafter(dtype(0.25), dtype(1)), -0.75, 2.0], dtype)
    assert np.array_equal(mandelbrot(edge, np.zeros(7, dtype), max_iter=2000), count(edge, np.zeros(7, dtype), 2000))


@pytest.mark.parametrize("dtype", DTYPES)
def test_points_that_come_back_are_counted_to_the_end(dtype):
    row, column = np.linspace(-1.9, 0.6, 50, dtype=dtype), np.linspace(-1.0, 1.0, 41, dtype=dtype)[:, None]
    want = count(row, column, 2500)
    assert len(np.unique(want)) > 30
    assert np.array_equal(mandelbrot(row, column, max_iter=2500), want)
    assert mandelbrot(np.array([0.0, -1.0, -0.12], dtype), np.array([0.0, 0.0, 0.74], dtype), max_iter=2**31 - 1).tolist() == [2**31 - 1] * 3


def test_not_finite():
    values = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, -0.0, 0.0])
    got = mandelbrot(values, values[:, None], max_iter=10)
    assert np.array_equal(got, count(values, values[:, None], 10)) and (got[:5] == 1).all()


def test_threads_change_no_count():
    row, column = np.linspace(-2, 0.5, 301), np.linspace(-1.1, 1.1, 40)[:, None]
    found = []
    for threads in (1, 2, 3):
        with accel.parallel(threads):
            found.append((mandelbrot(row, column), mandelbrot(*np.broadcast_arrays(row, column))))
    assert all(np.array_equal(found[0][0], got) for pair in found for got in pair)


def test_awkward_memory_and_out():
    row, column = np.linspace(-2, 1, 90), np.linspace(-1, 1, 20)[:, None]
    want = mandelbrot(row, column)
    shifted = np.frombuffer(b"x" + row.tobytes(), np.uint8)[1:].view(np.float64)
    for same in (shifted, row.astype(">f8"), row.tolist(), row[::-1].copy()[::-1]):
        assert np.array_equal(mandelbrot(same, column), want)
    assert np.array_equal(mandelbrot(row.astype(np.float32), column), mandelbrot(row.astype(np.float32).astype(float), column))
    for out in (np.empty((20, 90), np.int32), np.empty((20, 90), np.int64), np.empty((20, 90), np.int32, order="F"), np.empty((20, 90), ">i4"), np.empty((20, 180), int)[:, ::2]):
        assert mandelbrot(row, column, out=out) is out and np.array_equal(out, want)
    memory = np.ones(20 * 90)
    memory[:90] = row
    assert np.array_equal(mandelbrot(memory[:90], column, out=memory.view(np.int32)[:1800].reshape(20, 90)), want)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((1, 2), {}, TypeError, "mandelbrot takes arrays of float32 and float64"),
        ((1j, 0.0), {}, TypeError, "mandelbrot takes arrays of float32 and float64"),
        (([0.0] * 3, [0.0] * 4), {}, ValueError, r"mandelbrot: `real` of shape \(3,\) and `imag` of shape \(4,\) can't be broadcast together"),
        ((0.0, 0.0), {"max_iter": 1.5}, TypeError, "mandelbrot: `max_iter` must be an integer, not float"),
        ((0.0, 0.0), {"max_iter": -1}, ValueError, "mandelbrot: `max_iter` is -1, not from 0 to 2147483647"),
        ((0.0, 0.0), {"max_iter": 2**31}, ValueError, "mandelbrot: `max_iter` is 2147483648"),
        ((0.0, [0.0]), {"out": np.empty(2, np.int32)}, ValueError, r"mandelbrot: `out` has shape \(2,\), the result \(1,\)"),
        ((0.0, [0.0]), {"out": np.empty(1, np.int16)}, TypeError, "mandelbrot: `out` is an array of int32 or int64, not int16"),
        ((0.0, [0.0]), {"out": np.empty(1)}, TypeError, "mandelbrot: `out` is an array of int32 or int64, not float64"),
        ((0.0, [0.0]), {"out": [0]}, TypeError, "mandelbrot: `out` must be an array, not list"),
    ],
)
def test_what_does_not_fit(arguments, options, error, message):
    with pytest.raises(error, match=message):
        mandelbrot(*arguments, **options)


def test_with_accel_off_it_means_the_same():
    real, imag = np.linspace(-2, 1, 13), np.linspace(-1, 1, 3)[:, None]
    want = mandelbrot(real, imag, max_iter=20)
    with accel.disabled():
        assert np.array_equal(mandelbrot(real, imag, max_iter=20), want)
