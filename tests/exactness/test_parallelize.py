"""Loops under `@parallelize` give what they give in CPython: values, types, exceptions, tracebacks."""

import copy
import functools
import inspect
import math
import os
import pickle
import subprocess
import sys
import threading
import traceback
import warnings

import numpy as np
import pytest

import accel
from accel.dispatch import regions

FLOATS = np.random.default_rng(1).normal(size=20_011)
INTS = np.random.default_rng(2).integers(-(2**40), 2**40, 20_011)


@pytest.fixture(autouse=True)
def _share_all(monkeypatch):
    """Every loop that may be is shared by two threads, in blocks that are small."""
    monkeypatch.setattr(regions, "_WORTH_NS", -1)
    monkeypatch.setattr(regions, "_TRUSTED_NS", -1)
    monkeypatch.setattr(regions, "_SHORT_NS", 0)
    monkeypatch.setattr(regions, "_FLAT_PROBE", 1)
    monkeypatch.setattr(regions, "_FLAT_BLOCK", 64)


def shared(function, **options):
    """The function under `parallelize`, with two threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", accel.FallbackHint)
        return accel.parallelize(num_threads=2, **options)(function)


def outcome(function, arguments):
    """What a call gives or raises, and what it leaves of its arguments."""
    given = copy.deepcopy(arguments)
    try:
        value = function(*given)
    except Exception as error:
        found = traceback.extract_tb(error.__traceback__)
        return type(error), str(error), [(f.name, f.lineno, f.line) for f in found[1:]]
    return repr(value), type(value), [a.tobytes() if isinstance(a, np.ndarray) and a.dtype != object else repr(a) for a in given]


def agree(function, *arguments, parallel=1):
    """The decorated function does what the plain one does, the first time and later; so many of its loops are run on threads."""
    decorated = shared(function)
    want = outcome(function, arguments)
    for _ in range(2):
        assert outcome(decorated, arguments) == want
    assert sum(r.shared > 0 for r in getattr(decorated.accel, "_made").regions) == parallel, decorated.accel.explain()
    return decorated


# -- loops that are independent


def test_a_map():
    def scale(x, y):
        for i in range(x.shape[0]):
            y[i] = 2.0 * x[i] + 1

    agree(scale, FLOATS, np.zeros_like(FLOATS))


def test_steps_and_directions():
    def spread(x, y, step):
        for i in range(x.shape[0] - 1, -1, -3):
            y[i] = x[i] - 1
        for i in range(1, x.shape[0], step):
            y[i] = x[i] + i
        return i

    agree(spread, FLOATS, np.zeros_like(FLOATS), 7, parallel=2)
    agree(spread, FLOATS, np.zeros_like(FLOATS), 20_010, parallel=1)


def test_nested_loops_with_private_names():
    def blur(a, b):
        n, m = a.shape
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                s = 0.0
                for k in range(-1, 2):
                    s += a[i + k, j] + a[i, j + k]
                b[i, j] = s / 6

    agree(blur, FLOATS[:10_000].reshape(100, 100), np.zeros((100, 100)))


def test_a_triangle():
    def fill(a):
        for i in range(a.shape[0]):
            for j in range(i):
                a[i, j] = i * j

    agree(fill, np.zeros((90, 90)))


def test_the_inner_loop_of_a_sequential_one():
    def heat(u, v, steps):
        n = u.shape[0]
        for _ in range(steps):
            for i in range(1, n - 1):
                v[i] = u[i] + 0.25 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
            for i in range(1, n - 1):
                u[i] = v[i]
        return i

    agree(heat, FLOATS[:3000], np.zeros(3000), 5, parallel=2)


def test_sequential_loops_beside_a_parallel_one():
    def both(x, y):
        s = 0.0
        i = 0
        while i < x.shape[0]:
            s = s * 0.5 + x[i]
            i += 1
        for k in range(x.shape[0]):
            y[k] = x[k] * s
        t = 0
        for k in range(5):
            t = 3 * t + k
        return s, t, k

    agree(both, FLOATS, np.zeros_like(FLOATS))


def test_flattened_subscripts():
    def transpose(a, b, n, m):
        for i in range(n):
            for j in range(m):
                b[j * n + i] = a[i * m + j]

    agree(transpose, FLOATS[:6000], np.zeros(6000), 60, 100)


def test_values_of_the_last_iteration():
    def last(x):
        t = None
        for i in range(x.shape[0]):
            t = x[i] * 2
        return t, i

    agree(last, FLOATS)
    agree(last, FLOATS[:1], parallel=0)
    agree(last, FLOATS[:0], parallel=0)


def test_ranges_beyond_64_bits():
    def fill(x, n):
        for i in range(n):
            x[i] = i

    agree_on_error(fill, np.zeros(10), 10**30)
    agree_on_error(fill, np.zeros(10), 2**63)


def test_functions_made_again_and_again_are_freed():
    import gc
    import weakref

    def make(k):
        def fill(x):
            for i in range(len(x)):
                x[i] = k

        return shared(fill)

    x = np.zeros(5)
    seen = []
    for k in range(4):
        decorated = make(k)
        decorated(x)
        assert x.tolist() == [k] * 5
        seen.append(weakref.ref(getattr(decorated.accel, "_made").regions[0].part.function))
        del decorated
    gc.collect()
    assert [s() for s in seen] == [None] * 4


def test_conditions_and_continue():
    def clip(x, y, low):
        for i in range(len(x)):
            if x[i] < low:
                continue
            y[i] = math.sqrt(x[i]) if x[i] > 0 else -1.0

    agree(clip, FLOATS, np.zeros_like(FLOATS), -0.5)


def test_calls_of_functions_that_only_compute():
    agree(calls, FLOATS, np.zeros_like(FLOATS))


def square(x):
    """A helper."""
    return x * x + OFFSET


OFFSET = 3


def calls(x, y):
    """Calls a helper, and a function of NumPy's."""
    for i in range(len(x)):
        y[i] = square(x[i]) + np.exp(x[i])


def test_names_bound_by_other_statements_than_assignments():
    def imported(x):
        import math as own
        from math import floor

        for i in range(len(x)):
            x[i] = own.sqrt(i) + floor(0.5 * i)

    def defined(x):
        def square(x):
            return x * x

        for i in range(len(x)):
            x[i] = square(i)

    def entered(x, bound):
        try:
            1 // bound
        except ZeroDivisionError as square:
            pass
        with np.errstate(all="ignore") as exp:
            pass
        for i in range(len(x)):
            x[i] = i if exp is None else 2

    for function, *more in ((imported,), (defined,), (entered, 0)):
        decorated, one, two = shared(function), np.zeros(100), np.zeros(100)
        function(one, *more)
        for _ in range(2):
            decorated(two, *more)
        assert one.tolist() == two.tolist()


def test_closures():
    def make(factor):
        def scale(x, y):
            for i in range(len(x)):
                y[i] = factor * x[i]

        return scale

    agree(make(2.5), FLOATS, np.zeros_like(FLOATS))
    scale = make(2.5)
    decorated = shared(scale)
    assert decorated.__closure__ == scale.__closure__


# -- reductions


@pytest.mark.parametrize("start", [0, 5, True, np.int64(3), np.uint8(7)])
def test_sums_of_ints_are_exact(start):
    def total(x, s):
        for i in range(len(x)):
            s += x[i]
        return s

    agree(total, INTS, start, parallel=int(start is not True))


def test_sums_beyond_64_bits():
    def total(x):
        s = 0
        for i in range(len(x)):
            s += int(x[i]) * 2**30
        return s

    agree(total, INTS)


def test_products_and_bits():
    def fold(x):
        p, a, o, e = 1, -1, 0, 0
        for i in range(len(x)):
            p *= 3
            a &= int(x[i]) | 1
            o |= int(x[i])
            e ^= int(x[i])
        return p, a, o, e

    agree(fold, INTS[:200])


def test_sums_of_floats_do_not_depend_on_threads():
    def total(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i]
        return s

    decorated = accel.parallelize(total)
    found = set()
    for threads in (1, 2, 3):
        with accel.parallel(threads):
            found |= {decorated(FLOATS).hex() for _ in range(3)}
    assert len(found) == 1
    assert math.isclose(float.fromhex(found.pop()), math.fsum(FLOATS), rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize("first", [0.0, -0.0])
def test_signs_of_zero_in_sums(first):
    def total(x, s):
        for i in range(len(x)):
            s += x[i]
        return s

    agree(total, np.full(1000, -0.0), first)


@pytest.mark.parametrize("values", [FLOATS, INTS, np.array([1.0, math.nan, 0.5, 2.0] * 200), np.zeros(500), np.array([0.0, -0.0] * 300)])
def test_least_and_greatest_with_places(values):
    def extremes(x):
        low = high = x[0]
        where = there = 0
        for i in range(len(x)):
            if x[i] < low:
                low = x[i]
                where = i
            if high < x[i]:
                there = i
                high = x[i]
        return low, where, high, there

    agree(extremes, values)


def test_min_and_max():
    def extremes(x):
        low, high = 1e9, -math.inf
        for i in range(len(x)):
            low = min(low, x[i])
            high = max(high, x[i])
        return low, high

    agree(extremes, FLOATS)


def test_all_and_any():
    def judge(x, bound):
        good, found = True, False
        for i in range(len(x)):
            good = good and x[i] < bound
            found = found or x[i] > bound
        return good, found

    for bound in (0.0, 100.0, -100.0):
        agree(judge, FLOATS, bound)


def test_conditions_that_some_iterations_do_not_look_at():
    def good(x):
        p = True
        for i in range(len(x)):
            if i > 3:
                continue
            p = p and x[i] < 99.0
        return p

    agree(good, FLOATS, parallel=0)


def test_what_the_loop_would_not_look_at_raises_nothing():
    def judge(x):
        good = True
        for i in range(len(x)):
            good = good and 10 // int(x[i]) > 0
        return good

    x = np.ones(5000, np.int64)
    x[100], x[3000] = 11, 0
    agree(judge, x)


def test_flags():
    def seek(x, wanted):
        found = False
        for i in range(len(x)):
            if x[i] == wanted:
                found = True
        return found

    agree(seek, INTS, int(INTS[15_000]))
    agree(seek, INTS, 1 << 50)


def test_histograms():
    def count(index, weights, bins, sums):
        for i in range(len(index)):
            bins[index[i]] += 1
            sums[index[i]] -= weights[i]

    index = np.arange(20_000) * 7 % 13
    agree(count, index, INTS[:20_000], np.zeros(13, np.int64), np.zeros(13, np.int64))
    one, two = np.zeros(13), np.zeros(13)
    decorated = shared(count)
    count(index, FLOATS[:20_000], np.zeros(13, np.int64), one)
    decorated(index, FLOATS[:20_000], np.zeros(13, np.int64), two)
    assert np.allclose(one, two, rtol=1e-12)


def test_short_histograms_of_floats_have_the_bits_of_the_loop():
    def subtract(y, n):
        for i in range(n):
            y[0] -= 1 / 2.5
            y[i % 3] += 0.1

    for n in (1, 8, 64):
        agree(subtract, np.arange(1.0, 4.0), n, parallel=0)


def test_histograms_that_raise_have_counted_what_came_before():
    def count(index, bins):
        for i in range(len(index)):
            bins[index[i]] += 1

    index = np.arange(20_000) % 13
    index[12_345] = 99
    one, two = np.zeros(13, np.int64), np.zeros(13, np.int64)
    for function, bins in ((count, one), (shared(count), two)):
        with pytest.raises(IndexError, match="index 99 is out of bounds"):
            function(index, bins)
    assert one.tolist() == two.tolist()


# -- loops that are not, and conditions that do not hold


def test_carried_values():
    def prefix(x):
        for i in range(1, len(x)):
            x[i] = x[i] + x[i - 1]

    agree(prefix, FLOATS, parallel=0)


def test_negative_subscripts_wrap():
    def wrap(x, n):
        for i in range(n):
            x[i] = x[i - n] + 1

    agree(wrap, FLOATS[:500], 500, parallel=0)
    agree(wrap, FLOATS[:500], 250, parallel=0)


def test_arrays_that_share_memory():
    def scale(x, y):
        for i in range(len(x)):
            y[i] = -0.5 * x[i]

    decorated = shared(scale)
    for make in (lambda a: (a[:-1], a[1:]), lambda a: (a[1:], a[:-1]), lambda a: (a, a), lambda a: (a[::2], a[::2]), lambda a: (a[:50], a[::-1][:50])):
        one, two = FLOATS[:1000].copy(), FLOATS[:1000].copy()
        scale(*make(one))
        decorated(*make(two))
        assert one.tobytes() == two.tobytes()
    assert "share memory" in decorated.accel.explain()
    one, two = FLOATS[:1000].copy(), FLOATS[:1000].copy()
    scale(one[::2], one[1::2])
    decorated(two[::2], two[1::2])
    assert one.tobytes() == two.tobytes()


def test_elements_that_share_memory():
    def count(x):
        for i in range(len(x)):
            x[i] = x[i] + i

    decorated = shared(count)
    one, two = (np.lib.stride_tricks.as_strided(np.zeros(4), (400,), (0,), writeable=True) for _ in range(2))
    count(one)
    decorated(two)
    assert one[0] == two[0]


def test_small_integers_wrap():
    def fill(x, n):
        for i in range(100):
            x[n + i] = i

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree(fill, np.zeros(400), np.uint8(200), parallel=0)


def test_lists_and_objects():
    def fill(x, y):
        for i in range(len(y)):
            x[i] = y[i]

    agree(fill, [0] * 100, np.arange(100), parallel=0)
    agree(fill, np.zeros(100, object), np.arange(100), parallel=0)
    agree(fill, np.zeros(100), tuple(range(100)), parallel=0)


def test_rows_of_arrays_are_views():
    def rows(x, y):
        for i in range(len(x) - 1):
            row = x[i + 1]
            y[i] = row[0]
            x[i] = 7.0

    agree(rows, np.zeros((50, 2)), np.zeros(50), parallel=0)


def test_functions_that_do_more_than_compute():
    seen = []

    def note(i):
        seen.append(i)
        return i

    def fill(x):
        for i in range(len(x)):
            x[i] = note(i)

    agree(fill, np.zeros(20), parallel=0)
    assert seen == list(range(20)) * 3


def test_functions_that_change():
    decorated = shared(calls)
    global OFFSET
    before = OFFSET
    try:
        for OFFSET in (3, 4):
            one, two = np.zeros(3000), np.zeros(3000)
            calls(FLOATS[:3000], one)
            decorated(FLOATS[:3000], two)
            assert one.tobytes() == two.tobytes()
    finally:
        OFFSET = before


# -- exceptions


def test_the_lowest_iteration_that_raises_wins():
    def divide(a, b, out):
        for i in range(len(a)):
            out[i] = int(a[i]) // int(b[i])

    b = np.ones(9000, np.int64)
    b[[4000, 8000]] = 0
    agree_on_error(divide, np.ones(9000, np.int64), b, np.zeros(9000, np.int64))


def test_exceptions_in_helpers():
    agree_on_error(calls_reciprocal, np.arange(3000) - 1234, np.zeros(3000))


def calls_reciprocal(x, y):
    """Calls a helper that raises."""
    for i in range(len(x)):
        y[i] = 1 + reciprocal(
            int(x[i]))  # fmt: skip


def reciprocal(n):
    """A helper that raises for 0."""
    return 1 / n


def agree_on_error(function, *arguments):
    """The decorated function raises what the plain one does, with the same traceback."""
    decorated = shared(function)
    want = outcome(function, arguments)
    assert issubclass(want[0], Exception)
    for _ in range(2):
        assert outcome(decorated, arguments) == want


def test_read_only_arrays():
    def fill(x):
        for i in range(len(x)):
            x[i] = i

    x = np.zeros(1000)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        shared(fill)(x)


def test_raise_statements_and_asserts():
    def check(x):
        for i in range(len(x)):
            if x[i] > 2.5:
                raise ValueError("too large")
            assert x[i] > -2.5

    agree_on_error(check, FLOATS)


# -- the function that comes back


def test_identity():
    def scale(x: np.ndarray, factor: float = 2.0, *, offset=1):
        """Doc."""
        for i in range(len(x)):
            x[i] = factor * x[i] + offset

    scale.own = 1
    decorated = shared(scale)
    assert decorated is not scale and decorated.__wrapped__ is scale
    for name in ("__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__kwdefaults__", "__annotations__", "own"):
        assert getattr(decorated, name) == getattr(scale, name)
    assert inspect.signature(decorated) == inspect.signature(scale)
    assert functools.cache(decorated).__wrapped__ is decorated
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        decorated()
    with pytest.raises(TypeError):
        decorated(np.zeros(3), "2")


def test_methods():
    class Filter:
        def __init__(self, factor):
            self.factor = factor

        @accel.parallelize(num_threads=2)
        def apply(self, x):
            factor = self.factor
            for i in range(len(x)):
                x[i] *= factor

    x = np.ones(5000)
    Filter(3.0).apply(x)
    assert (x == 3.0).all()


@accel.parallelize
def by_reference(x):
    """A function that can be pickled."""
    for i in range(len(x)):
        x[i] = i


def test_pickling():
    assert pickle.loads(pickle.dumps(by_reference)) is by_reference


def test_functions_without_loops_or_source():
    add = shared(lambda a, b: a + b)
    assert add(1, 2) == 3
    space = {}
    exec("def f(x):\n    for i in range(len(x)):\n        x[i] = i\n", space)
    x = np.zeros(10)
    shared(space["f"])(x)
    assert x.tolist() == list(range(10))


def test_many_short_loops_in_a_call_end_as_one_compiled_function(monkeypatch):
    monkeypatch.setattr(regions, "_WORTH_NS", 10**12)

    def fill(x, n):
        for k in range(n):
            for i in range(len(x)):
                x[i] = x[i] * 0.5 + k

    decorated = shared(fill)
    for n in (3, 200, 100):
        decorated(np.zeros(5), n)
    assert decorated.__code__ is not fill.__code__
    decorated(np.zeros(5), 300)
    assert decorated.__code__ is fill.__code__
    one, two = np.zeros(5), np.zeros(5)
    for _ in range(3):
        fill(one, 300)
        decorated(two, 300)
    assert one.tolist() == two.tolist()
    assert "1 compiled" in decorated.accel.explain()


def test_short_runs_are_looked_at_again(monkeypatch):
    monkeypatch.setattr(regions, "_WORTH_NS", 100_000)

    def fill(x):
        for i in range(len(x)):
            x[i] = i

    decorated = shared(fill)
    for _ in range(50):
        decorated(np.zeros(5))
    for n in (10_000, 1_000_000, 3_000_000):
        x = np.zeros(n)
        decorated(x)
        assert (x == np.arange(n)).all()
    assert getattr(decorated.accel, "_made").regions[0].shared > 0


def test_disabled_and_traced():
    def total(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i]
        return s

    decorated, want = shared(total), total(FLOATS)
    with accel.disabled():
        assert decorated(FLOATS) == want
    lines = set()

    def trace(frame, event, argument):
        if frame.f_code.co_filename == __file__:
            lines.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert decorated(FLOATS[:100]) == total(FLOATS[:100])
    finally:
        sys.settrace(before)
    assert inspect.getsourcelines(total)[1] + 3 in lines


# -- strict, assume, races


def test_strict():
    def prefix(x):
        for i in range(1, len(x)):
            x[i] += x[i - 1]

    with pytest.raises(accel.CompileError, match=r"stays sequential.*1 iteration apart"):
        try:
            accel.parallelize(strict=True)(prefix)
        except accel.CompileError as error:
            raise accel.CompileError(str(error).replace("\n", " ")) from error


def test_strict_is_content_with_one_loop_of_a_nest():
    @accel.parallelize(strict=True, num_threads=2)
    def steps(x, n):
        for _ in range(n):
            for i in range(len(x)):
                x[i] = x[i] * 0.5 + 1

    x = np.zeros(100)
    steps(x, 3)
    assert x[0] == 1.75


def scatter(x, index, y):
    """Stores where it is told."""
    for i in range(len(index)):
        y[index[i]] = x[i]


def test_what_is_vouched_for():
    index = np.random.default_rng(0).permutation(5000)
    y = np.zeros(5000)
    decorated = shared(scatter, assume="independent")
    decorated(FLOATS, index, y)
    assert (y[index] == FLOATS[:5000]).all()
    assert "as you vouch for" in decorated.accel.explain()


def test_races(monkeypatch):
    monkeypatch.setenv("ACCEL_RACES", "1")
    decorated, y = shared(scatter, assume="independent"), np.zeros(5)
    decorated(FLOATS, np.array([4, 2, 0]), y)
    assert y.tolist() == [FLOATS[2], 0, FLOATS[1], 0, FLOATS[0]]
    with pytest.raises(accel.RaceError, match="the iterations 1 and 3 .* touch the same element of `y`"):
        decorated(FLOATS, np.array([4, 2, 0, 2]), y)

    def shift(x):
        s = 0
        for i in range(len(x) - 1):
            x[i] = x[i + 1]
            s += i
        return s

    with pytest.raises(accel.RaceError, match="the iterations 0 and 1"):
        shared(shift, assume="independent")(np.zeros(4))


def test_options():
    for wrong in ({"assume": "safe"}, {"schedule": "guided"}, {"num_threads": 0}, {"num_threads": 10**6}, {"strict": 1}, {"thread": 2}):
        with pytest.raises(accel.OptionError):
            accel.parallelize(**wrong)
    for wrong in (len, int, 3):
        with pytest.raises(accel.DecorationError):
            accel.parallelize(wrong)


# -- threads and processes


def test_from_several_threads():
    def total(x):
        s = 0
        for i in range(len(x)):
            s += x[i]
        return s

    decorated, results = shared(total), []
    threads = [threading.Thread(target=lambda: results.append(decorated(INTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {total(INTS)} and len(results) == 8


def test_after_a_fork():
    decorated, y = shared(scatter, assume="independent"), np.zeros(5000)
    index = np.arange(5000)
    decorated(FLOATS, index, y)
    child = os.fork()
    if child == 0:
        y[:] = 0
        decorated(FLOATS, index, y)
        os._exit(0 if (y == FLOATS[:5000]).all() else 1)
    assert os.waitpid(child, 0)[1] == 0


INTERRUPT = """
import math, os, signal, sys, threading, time
import numpy as np
import accel

@accel.parallelize(num_threads=2)
def slow(x):
    for i in range(len(x)):
        s = 0.0
        for j in range(20_000_000):
            s += math.sin(j + i)
        x[i] = s

slow(np.zeros(0))
x = np.zeros(64)
sent = []
def send():
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
for wait in (3.0, 0.7):
    threading.Timer(wait, send).start()
    try:
        slow(x)
    except KeyboardInterrupt:
        print("stopped", time.perf_counter() - sent[-1] < 5)
"""


@pytest.mark.slow
def test_interrupts(tmp_path):
    (tmp_path / "slow.py").write_text(INTERRUPT)
    found = subprocess.run([sys.executable, str(tmp_path / "slow.py")], capture_output=True, text=True, timeout=100, check=True)
    assert found.stdout.split() == ["stopped", "True"] * 2


# -- scans


@pytest.mark.parametrize("values", [FLOATS, INTS, np.array([1.0, math.nan, 0.5, 2.0] * 2000), np.array([0.0, -0.0] * 3000), FLOATS[:1]])
def test_running_extremes(values):
    def extremes(x, low, high):
        m = x[0]
        n = 1e9
        for i in range(len(x)):
            m = max(m, x[i])
            low[i] = n
            t = x[i] * 2
            if t < n:
                n = t
            high[i] = m
        return m, n

    def one(x, high):
        m = x[0]
        k = 0
        for i in range(len(x)):
            if x[i] > m:
                m = x[i]
                k = i
            high[i] = m - x[i]
        return m, k, i

    agree(one, values, np.zeros(len(values)), parallel=int(len(values) > 1))
    agree(extremes, values, np.zeros(len(values)), np.zeros(len(values)), parallel=0)


def test_running_sums():
    def places(x, y):
        n = 0
        for i in range(len(x)):
            if x[i] > 0:
                y[i] = n
                n += 1
        return n

    agree(places, FLOATS, np.zeros(len(FLOATS), np.int64))

    def total(x, y):
        s = 0.0
        for i in range(len(x)):
            s += x[i]
            y[i] = s
        return s

    agree(total, FLOATS, np.zeros(len(FLOATS)))  # its order is that of the loop


def test_running_values_and_exceptions():
    def highest(x, y):
        m = 0
        for i in range(len(x)):
            m = max(m, 100 // int(x[i]))
            y[i] = m

    for zero in (10, 9000, 19_999):
        x = np.ones(20_000, np.int64)
        x[zero] = 0
        agree_on_error(highest, x, np.zeros(20_000))


# -- loops that are left early


def first_place(x, v):
    for i in range(len(x)):
        if x[i] == v:
            k = i
            break
    else:
        k = -1
    return k


def first_pair(x, v):
    n = len(x) // 10
    for i in range(n):
        for j in range(10):
            if x[i * 10 + j] == v:
                return i, j
            if x[i * 10 + j] == -v:
                return None
    return "nowhere"


def count_down(x, v):
    n, low, found = 0, x[0], False
    for i in range(len(x) - 1, -1, -2):
        n += 1
        t = x[i] * 2
        if x[i] < low:
            low = x[i]
        if x[i] == v:
            found = True
            break
        if x[i] == -v:
            raise ValueError(i)
    return n, low, t, found, i


def nested_else(x, v):
    k = 7
    for i in range(len(x)):
        for j in range(3):
            if x[i] == v + j:
                break
        else:
            continue
        k = i
        if x[i] == v + 1:
            return None
        break
    return k, i


@pytest.mark.parametrize("places", [[], [0], [20_010], [4_000, 12_000], [19_998, 19_999, 20_000]])
@pytest.mark.parametrize("function", [first_place, first_pair, count_down, nested_else])
def test_loops_left_early(function, places):
    x = FLOATS.copy()
    x[places] = 99.0
    for others, sign in (([], 1), (places[:1], -1), (places[-1:], -1), ([3_000], -1), ([3_000], 1 + 1 / 99)):
        x[others] = sign * 99.0
        found = shared(function)
        want = outcome(function, (x, 99.0))
        assert outcome(found, (x, 99.0)) == outcome(found, (x, 99.0)) == want
    assert not found.accel.diagnostics


def test_loops_left_early_are_shared():
    agree(first_place, FLOATS, 99.0)
    agree(first_pair, FLOATS, 99.0)
    agree(count_down, FLOATS, 99.0)


def test_what_would_come_after_the_iteration_that_leaves_raises_nothing():
    def divide(x, v):
        s = 0
        for i in range(len(x)):
            s += 1
            if x[i] == v:
                break
            if 7 // x[i] > 3:
                s += 1
        return s, i

    x = np.ones(9_000, np.int64)
    x[5_000], x[5_001:] = 2, 0
    with np.errstate(all="raise"):
        agree(divide, x, 2)


@pytest.mark.parametrize("n", [0, 1])
def test_loops_of_few_iterations_that_may_be_left(n):
    agree(first_place, FLOATS[:n], 99.0, parallel=0)
    agree(first_place, FLOATS[:n], FLOATS[0], parallel=0)


def test_conditions_of_loops_that_may_be_left():
    calls = []

    def note(i):
        calls.append(i)
        return i == 700

    def search(n):
        for i in range(n):
            if note(i):
                return i
        return -1

    decorated = shared(search)
    assert decorated(1_000) == 700 and calls == list(range(701))
    assert "may do more than compute" in decorated.accel.explain()


# -- functions that are declared to be associative


@accel.fn(identity=0)
def common(a, b):
    while b:
        a, b = b, a % b
    return a


@accel.fn(identity=(1, 0))
def compose(f, g):
    a, b = f
    c, d = g
    return (a * c) % 1009, (b * c + d) % 1009  # x -> a x + b, then x -> c x + d: not commutative


@accel.fn(identity=0.0)
def hypotenuse(a, b):
    return math.sqrt(a * a + b * b)


@accel.fn(identity=0)
def add(a, b):
    if b == 7:
        raise ValueError("seven")
    return a + b


def common_divisor(x):
    s = 0
    for i in range(len(x)):
        s = common(s, x[i])
    return s


def composition(x):
    s = (1, 0)
    for i in range(len(x)):
        s = compose(s, (int(x[i]), i))
    return s


def test_associative_functions():
    agree(common_divisor, INTS * 6)
    agree(composition, INTS)
    agree(common_divisor, INTS[:0], parallel=0)


def test_associative_functions_in_float_do_not_depend_on_threads():
    def norm(x):
        s = 0.0
        for i in range(len(x)):
            s = hypotenuse(s, x[i])
        return s

    results = set()
    for threads in (1, 2, 3):
        decorated = accel.parallelize(norm, num_threads=threads)
        results |= {decorated(FLOATS), decorated(FLOATS)}
        assert not decorated.accel.diagnostics
    assert len(results) == 1 and math.isclose(results.pop(), norm(FLOATS), rel_tol=1e-12)


def test_functions_that_are_not_declared_to_be_associative():
    @accel.fn
    def step(a, b):
        return a - b

    def fold(x):
        s = 0
        for i in range(len(x)):
            s = step(s, x[i])
        return s

    agree(fold, INTS, parallel=0)
    with pytest.raises(accel.CompileError, match="`s` brings a value from one iteration to the next"):
        accel.parallelize(fold, strict=True)


def test_other_functions_in_place_of_associative_ones(monkeypatch):
    decorated = shared(common_divisor)
    assert decorated(INTS * 6) == common_divisor(INTS * 6)
    monkeypatch.setitem(globals(), "common", lambda a, b: a - b)
    assert decorated(INTS) == common_divisor(INTS)
    assert "another function than the one that was declared to be associative" in decorated.accel.explain()


def test_exceptions_of_associative_functions():
    def total(x):
        s = 0
        for i in range(len(x)):
            s = add(s, x[i])
        return s

    x = np.zeros(20_000, np.int64)
    x[[900, 15_000]] = 7
    agree(total, x)
