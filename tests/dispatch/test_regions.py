"""How ranges are cut and results put together."""

import math

import numpy as np
import pytest

import accel
from accel.dispatch import regions


def add_up(x):
    """A sum."""
    s = 0
    for i in range(len(x)):
        s += x[i]
    return s


def region_of(function):
    """The first region of a decorated function."""
    return getattr(function.accel, "_made").regions[0]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_iteration_is_done_once(monkeypatch, count, threads):
    monkeypatch.setattr(regions, "_WORTH_NS", -1)
    monkeypatch.setattr(regions, "_TRUSTED_NS", -1)
    monkeypatch.setattr(regions, "_SHORT_NS", 0)
    monkeypatch.setattr(regions, "_FLAT_BLOCK", 16)
    monkeypatch.setattr(regions, "_FLAT_PROBE", 3)
    total = accel.parallelize(num_threads=threads)(add_up)

    @accel.parallelize(num_threads=threads, schedule="static")
    def increase(x):
        for i in range(len(x)):
            x[i] += 1

    for _ in range(2):
        x = np.arange(count)
        assert total(x) == x.sum()
        increase(x)
        assert (x == np.arange(count) + 1).all()


def test_short_loops_stay_on_one_thread():
    total = accel.parallelize(num_threads=2)(add_up)
    for _ in range(3):
        total(np.arange(10))
    assert region_of(total).runs == 3 and region_of(total).shared == 0


def test_long_loops_are_shared_once_their_pace_is_known(monkeypatch):
    total, x = accel.parallelize(num_threads=2)(add_up), np.arange(100_000)
    total(x)
    region = region_of(total)
    region.pace = 1e9
    assert total(x) == x.sum()
    assert region.shared >= 1
    assert 0 < region.pace < 1e9  # it took less than was thought


@pytest.mark.parametrize(
    ("how", "values", "result"),
    [
        ("+", [1, 2, 3, 4, 5], 15), ("*", [1, 2, 3], 6), ("|", [1, 2, 4], 7), ("&", [7, 6, 12], 4), ("^", [1, 3, 7], 5), ("and", [1, 2, 0], 0), ("or", [0, 2, 3], 2),
        ("min", [2, 1, 3], 1), ("max", [2, 1, 3], 3), ("const", [0, 0, 5], 5),
    ],
)  # fmt: skip
def test_reductions(how, values, result):
    assert regions._reduce(how, [(v,) for v in values], 0, None) == (result,)


def test_the_first_of_the_equal_ones():
    parts = [(1.0, "a"), (1, "b"), (0.0, "c"), (-0.0, "d")]
    assert regions._reduce("min", parts, 1.0, None) == (0.0, "c")
    assert regions._reduce("max", parts, 1.0, None) == (1.0, "a")


def test_what_changes_nothing():
    for value in (3, 2.5, 1j, np.float32(1), np.int8(3)):
        assert type(regions._identity("+", value)) is type(value)
        assert value + regions._identity("+", value) == value
    assert str(-0.0 + regions._identity("+", -0.0)) == "-0.0"
    assert regions._identity("*", 2.5) == 1.0


def test_a_range_of_ones_own():
    space = {"range": lambda n: [0, 1]}
    exec(compile("def f(x):\n    for i in range(5):\n        x[i] = i\n", "f.py", "exec"), space)
    x = np.zeros(5)
    accel.parallelize(space["f"])(x)
    assert x.tolist() == [0, 1, 0, 0, 0]


def test_the_probe_grows_until_it_tells_more_than_what_a_call_costs(monkeypatch):
    monkeypatch.setattr(regions, "_WORTH_NS", -1)
    monkeypatch.setattr(regions, "_TRUSTED_NS", 1 << 62)
    monkeypatch.setattr(regions, "_SHORT_NS", 0)

    @accel.parallelize(num_threads=2)
    def fill(x):
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                x[i, j] += i + j

    sizes, done = [], regions.Region.do
    monkeypatch.setattr(regions.Region, "do", lambda self, numbers, values: (sizes.append(len(numbers)), done(self, numbers, values))[1])
    for k in range(1, 4):
        sizes.clear()
        x = np.zeros((100, 3))
        fill(x)
        assert (x == np.add.outer(np.arange(100), np.arange(3))).all()
    assert sizes == [1, 4, 16, 64, 15]


# -- runs that are done again


def scale(x, y, k):
    for i in range(len(x)):
        y[i] = math.sqrt(x[i]) * k


def run_again(function, *arguments):
    """Call a function whose loop is taken to be long; whether its last run was there to be done again."""
    region = region_of(function)
    region.pace = 1e9
    latest = region._latest
    function(*arguments)
    return latest is not None and region._latest is latest


def test_a_run_like_the_last_one_is_done_again():
    scaled = accel.parallelize(num_threads=2)(scale)
    x, y = np.arange(10_000.0), np.zeros(10_000)
    scaled(x, y, 2.0)
    assert [run_again(scaled, x, y, 2.0) for _ in range(4)] == [False, True, True, True]
    x += 1
    assert run_again(scaled, x, y, 2.0) and (y == np.sqrt(x) * 2.0).all()
    assert not run_again(scaled, x, y, 3.0) and (y == np.sqrt(x) * 3.0).all()
    z = np.zeros(10_000)
    assert not run_again(scaled, x, z, 3.0) and (z == y).all() and run_again(scaled, x, z, 3.0)
    assert not run_again(scaled, x[:9000], z, 3.0) and region_of(scaled).obstacle == ""
    assert not run_again(scaled, z, z, 1.0) and (z == np.sqrt(np.sqrt(x) * 3.0)).all()  # one array, which is no obstacle for `z[i]` and `z[i]`
    assert not run_again(scaled, z[:-1], z[1:], 1.0)  # and here it is
    assert "share memory" in region_of(scaled).obstacle


def test_what_is_outside_is_looked_at_again(monkeypatch):
    scaled = accel.parallelize(num_threads=2)(scale)
    x, y = np.arange(10_000.0), np.zeros(10_000)
    for _ in range(3):
        run_again(scaled, x, y, 2.0)
    assert run_again(scaled, x, y, 2.0)

    class Other:
        """Not `math`."""

        sqrt = abs

    monkeypatch.setitem(globals(), "math", Other)
    assert not run_again(scaled, x, y, 2.0) and (y == x * 2.0).all()
    assert "sqrt" in region_of(scaled).obstacle


def test_exceptions_of_runs_that_are_done_again():
    def invert(x, y):
        for i in range(len(x)):
            y[i] = 7 // int(x[i])

    inverted = accel.parallelize(num_threads=2)(invert)
    x, y = np.ones(10_000), np.zeros(10_000)
    for _ in range(3):
        run_again(inverted, x, y)
    assert run_again(inverted, x, y)
    x[7_000], x[9_000] = 0, np.inf
    with pytest.raises(ZeroDivisionError) as caught:
        run_again(inverted, x, y)
    assert caught.traceback[-1].lineno + 1 == invert.__code__.co_firstlineno + 2
    x[7_000], x[9_000] = 1, 1
    assert not run_again(inverted, x, y) and run_again(inverted, x, y)


@pytest.mark.parametrize("char", ["l", "f", "d", "D"])
def test_histograms_of_runs_that_are_done_again(char):
    def count(index, bins):
        for i in range(len(index)):
            bins[index[i], 0] += 3

    counted, index = accel.parallelize(num_threads=2)(count), np.arange(10_000) * 7 % 10
    for step in (2, 1):
        bins, want = np.zeros((10, 3), char)[:, ::step], np.zeros((10, 3), char)[:, ::step]
        ways = []
        for _ in range(4):
            ways.append(run_again(counted, index, bins))
            count(index, want)
            assert bins.tolist() == want.tolist()
        assert ways[-1] or step == 2  # for arrays of this form there may be no machine code, and with it nothing to compare
    index[:] = index[::-1] // 2
    other = np.full((10, 2), 5, char)
    assert run_again(counted, index, bins) and not run_again(counted, index, other)
    count(index, want)
    assert bins.tolist() == want.tolist()
    want = np.full((10, 2), 5, char)
    count(index, want)
    assert other.tolist() == want.tolist()


def test_an_exception_of_a_histogram_that_is_done_again():
    def count(index, bins):
        for i in range(len(index)):
            bins[index[i]] += 1

    counted, index = accel.parallelize(num_threads=2)(count), np.arange(10_000) % 10
    bins, want = np.zeros(10, np.int64), np.zeros(10, np.int64)
    for bad in (None, None, 9_000, None, None, 10, None):
        if bad is not None:
            index[bad] = 10
        for function, target in ((count, want), (counted, bins)):
            region_of(counted).pace = 1e9
            try:
                function(index, target)
            except IndexError as error:
                assert bad is not None and "index 10 is out of bounds" in str(error)
        assert bins.tolist() == want.tolist()
        index[:] = np.arange(10_000) % 10
