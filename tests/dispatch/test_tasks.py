"""Calls that are prepared by one thread and done by several."""

import gc
import math
import sys
import threading
import traceback
import warnings
import weakref

import numpy as np
import pytest

import accel
from accel.dispatch.tasks import DONE, RAISED, SKIPPED, call_each, call_in_python, prepare_together

X = np.arange(1.0, 1001.0)


@accel.fn(nogil=True)
def total(first, end, x):
    s = 0.0
    for i in range(first, end):
        s += x[i]
    return s


@accel.fn(nogil=True)
def several(first, end, x):
    low, where, flag = math.inf, -1, False
    for i in range(first, end):
        if x[i] < low:
            low, where = x[i], i
        flag = flag or x[i] > 500.0
    return low, where, flag, None


@accel.fn(nogil=True)
def fill(first, end, x):
    for i in range(first, end):
        x[i] = first


@accel.fn(nogil=True)
def divide(first, end, x):
    s = 0
    for i in range(first, end):
        s += 100 // int(x[i])
    return s


@accel.fn(nogil=True)
def product(first, end, x):
    p = 1
    for i in range(first, end):
        p *= int(x[i])
    return p, x[first] / x[0]


def calls_of(function, *values, count=10, size=100):
    return [(function, (k * size, (k + 1) * size, *values)) for k in range(count)]


def plain(function, arguments):
    with accel.disabled():
        return function(*arguments)


def prepared(calls):
    calls[0][0](*calls[0][1])  # compiles it
    together = prepare_together(calls)
    assert together is not None
    return together


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("function", [total, several])
def test_results(function, threads):
    calls = calls_of(function, X)
    want = [(DONE, plain(f, a)) for f, a in calls]
    together = prepared(calls)
    for _ in range(3):
        found = together.do(threads)
        assert found == want and list(map(repr, found)) == list(map(repr, want))


def test_calls_of_different_functions():
    total(0, 1, X), several(0, 1, X)
    together = prepare_together([(total, (0, 9, X)), (several, (3, 9, X))])
    assert together.do(2) == [(DONE, 45.0), (DONE, (4.0, 3, False, None))]


def test_nothing_to_give():
    x = X.copy()
    together = prepared(calls_of(fill, x))
    x[:] = 0
    assert together.do(3) == [(DONE, None)] * 10
    assert (x == np.arange(1000) // 100 * 100).all()


def test_arguments_nothing_was_compiled_for():
    total(0, 1, X)
    assert prepare_together([(total, (0, 9, X)), (total, (0, 9, X.tolist()))]) is None
    assert prepare_together([(total, (0, 2**70, X))]) is None
    assert prepare_together([(plain, (0, 9))]) is None


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_first_exception(threads):
    x = X.copy()
    divide(0, 1, x)
    x[[555, 950]] = 0
    together = prepared(calls_of(divide, x))
    for _ in range(3):
        outcomes = together.do(threads)
        assert [how for how, _ in outcomes[:6]] == [DONE] * 5 + [RAISED]
        assert all(how in (DONE, RAISED, SKIPPED) for how, _ in outcomes[6:])
        assert outcomes[4] == (DONE, plain(divide, (400, 500, x)))
        error = outcomes[5][1]
        assert isinstance(error, ZeroDivisionError)
        (frame,) = traceback.extract_tb(error.__traceback__)
        assert (frame.name, frame.line) == ("divide", "s += 100 // int(x[i])")


@pytest.mark.parametrize("threads", [1, 3])
def test_what_leaves_compiled_code_goes_on_in_the_context_of_the_caller(threads):
    x = X.copy()
    product(0, 1, x)
    x[0] = 0.0
    calls = calls_of(product, x)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        together = prepared(calls[1:])
        want = [(DONE, plain(f, a)) for f, a in calls[1:]]
        assert want[0][1][0] > 2**64 and math.isinf(want[0][1][1])
        assert together.do(threads) == want


def test_arguments_that_are_the_same():
    x, y = X.copy(), X.copy()
    together = prepared(calls_of(total, x))
    assert together.fits((0, 100, x)) and together.fits((0, 100, x))
    assert not together.fits((0, 99, x)) and not together.fits((0, 100, y)) and not together.fits((0, 100, x[:999]))
    assert not together.fits((0, 100, x.astype("f4"))) and not together.fits((0, 100, None))
    x *= 2  # elements are no part of it
    assert together.fits((0, 100, x)) and together.do(2)[0] == (DONE, 2 * 5050.0)


FACTOR = 2.0


@accel.fn(nogil=True)
def scaled(first, x):
    return x[first] * FACTOR


def test_guards_are_looked_at(monkeypatch):
    scaled(0, X), scaled(0, X)
    together = prepare_together([(scaled, (3, X))])
    assert together.do(1) == [(DONE, 8.0)] and together.fits((3, X))
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert not together.fits((3, X)) and prepare_together([(scaled, (3, X))]) is None


def test_in_python():
    calls = [(math.sqrt, (k,)) for k in range(9)]
    assert call_in_python(calls, 3) == [(DONE, math.sqrt(k)) for k in range(9)]
    outcomes = call_in_python([(math.sqrt, (k,)) for k in (4, 9, -1, 16)], 1)
    assert outcomes[:2] == [(DONE, 2.0), (DONE, 3.0)] and outcomes[2][0] == RAISED and outcomes[3] == (SKIPPED, None)


def test_from_several_threads_at_once():
    together = [prepared(calls_of(total, X)) for _ in range(4)]
    want, failed = together[0].do(1), []

    def run(mine):
        for _ in range(300):
            if mine.do(3) != want:
                failed.append(mine)

    threads = [threading.Thread(target=run, args=(mine,)) for mine in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_nothing_is_kept():
    x = X.copy()
    x[50] = 0
    divide(100, 101, x)
    together = prepared(calls_of(several, x)), prepare_together(calls_of(divide, x))
    for each in together:
        each.do(2)
    gc.collect()
    counted = sys.getrefcount(None)
    for each in together:
        for _ in range(200):
            each.do(2)
    gc.collect()
    assert abs(sys.getrefcount(None) - counted) < 100
    alive = weakref.ref(x)
    del x, together, each
    gc.collect()
    assert alive() is None


@accel.fn(nogil=True)
def mark(k: int, x, first, *, by: accel.Comptime[int] = 1, offset=0):
    for j in range(first, x.shape[1]):
        x[k, j] = x[k, j] + by * (k * 100 + offset)


@accel.fn(nogil=True)
def grow(k, x, factor):
    for j in range(x.shape[0]):
        if j == k:
            x[j] = (factor * (k + 1)) % 1000  # beyond 64 bits for large factors
    if k > 6:
        raise ValueError(k)


@accel.fn(nogil=True)
def give(k, x):
    for j in range(x.shape[0]):
        x[j] = k
    return k


@pytest.mark.parametrize("threads", [2, 3])
def test_each_number(threads, monkeypatch):
    monkeypatch.setattr("accel.dispatch.tasks._AT_ONCE", 5)
    x, want = np.zeros((12, 4)), np.zeros((12, 4))
    for arguments, keywords in [((1,), {}), ((0,), {"by": 3}), ((), {"offset": 2, "first": 3, "by": 3}), ((2,), {"by": 3, "offset": 5})]:
        assert call_each(mark, 12, (x, *arguments), keywords, threads) == 12
        with accel.disabled():
            for k in range(12):
                mark(k, want, *arguments, **keywords)
    assert (x == want).all() and x.any()
    for wrong in ((x,), {}), ((x, 1), {"first": 1}), ((x, 1), {"k": 1}), ((x, 1), {"other": 1}), ((x, 1, 2), {}):
        assert call_each(mark, 12, *wrong, threads) == 0
    assert (x == want).all()


def test_each_number_goes_on_where_compiled_code_leaves():
    x = np.zeros(6)
    grow(0, x, 1)
    for factor in (7, 2**62):
        assert call_each(grow, 6, (x, factor), {}, 2) == 6
        assert x.tolist() == [(factor * (k + 1)) % 1000 for k in range(6)]
    for _ in range(20):
        with pytest.raises(ValueError) as caught:
            call_each(grow, 30, (x, 1), {}, 3)
        assert caught.value.args == (7,) and caught.traceback[-1].name == "grow"


def test_functions_that_give_something_are_called_in_python():
    x = np.zeros(3)
    give(0, x)
    assert call_each(give, 3, (x,), {}, 2) == 0 and call_each(plain, 3, (x,), {}, 2) == 0


def test_machine_code_for_each_number_comes_with_the_first_call(monkeypatch):
    monkeypatch.setitem(globals(), "STEP", 2)

    @accel.fn(nogil=True)
    def count(k, x):
        for _ in range(5):
            x[k] = x[k] + STEP

    x = np.zeros(4, np.int64)
    assert call_each(count, 4, (x,), {}, 2) == 4
    assert x.tolist() == [10] * 4
    monkeypatch.setitem(globals(), "STEP", 3)
    assert call_each(count, 4, (x,), {}, 2) == 4
    assert x.tolist() == [25] * 4
    assert call_each(count, 4, ([0] * 4,), {}, 2) == 1  # nothing for lists: the rest is for Python


def test_rooms_that_are_kept_serve_other_arguments():
    faults = []

    def call(seed):
        rng = np.random.default_rng(seed)
        for _ in range(60):
            count, factor = int(rng.integers(2, 6)), int(rng.integers(2, 9))
            x, want = np.zeros(count), [(factor * (k + 1)) % 1000 for k in range(count)]
            if call_each(grow, count, (x,), {"factor": factor}, 2) != count or x.tolist() != want:
                faults.append((seed, count, factor))

    grow(0, np.zeros(6), 1)
    workers = [threading.Thread(target=call, args=(seed,)) for seed in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not faults
