"""Calls of decorated functions are counted and timed, whoever serves them."""

import threading

import numpy
import pytest

import accel
from accel.dispatch.carriers import METERS
from accel.dispatch.meter import start_metering


@pytest.fixture(autouse=True)
def metering(monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")
    start_metering()
    yield
    METERS.clear()


def listed(n):
    return [n]


def depth(n):
    [n]
    return 0 if n == 0 else 1 + depth(n - 1)


def fails(n):
    raise ValueError(n)


def twin(function):
    return accel.fn(cache=False)(type(function)(function.__code__, function.__globals__, function.__name__, function.__defaults__))


def test_compiled_calls_are_counted():
    counted = twin(lambda a, b: a + b)
    results = [counted(1, 2), counted(1, b=2), counted(1.5, 2), counted(numpy.ones(1), 2)[0]]
    assert results == [3, 3, 3.5, 3.0] and counted.accel.compiled
    assert counted.accel.calls == 4 and counted.accel.seconds > 0


def test_calls_left_to_cpython_are_counted():
    counted = twin(listed)
    assert [counted(k) for k in range(30)] == [[k] for k in range(30)]
    assert not counted.accel.compiled and counted.accel.calls == 30


def test_exceptions_pass_through():
    counted = twin(fails)
    for k in range(5):
        with pytest.raises(ValueError, match=str(k)):
            counted(k)
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            counted()
    assert counted.accel.calls == 10


def test_nested_calls_count_and_their_time_counts_once(monkeypatch):
    counted = twin(depth)
    monkeypatch.setitem(depth.__globals__, "depth", counted)
    assert counted(20) == 20
    assert counted.accel.calls == 21
    record = counted.accel._dispatcher.carrier.meter._record
    assert record[3] == 0  # none is under way


def test_threads():
    counted = twin(lambda a, b: a + b)
    threads = [threading.Thread(target=lambda: [counted(k, 1) for k in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted.accel.calls == 4000


def test_without_metering_nothing_is_counted():
    METERS.clear()
    plain = twin(lambda a, b: a + b)
    assert plain(1, 2) == 3 and plain.accel.calls is None and plain.accel.seconds is None


def test_switching_off_and_on_keeps_counting():
    counted = twin(lambda a, b: a * b)
    for step in (lambda: None, counted.accel.disable, counted.accel.enable, counted.accel.recompile):
        step()
        assert counted(3, 4) == 12 and counted(3, 4) == 12
    assert counted.accel.calls == 8
