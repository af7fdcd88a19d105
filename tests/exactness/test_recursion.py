"""Recursion, deep and mutual, ends as CPython's does."""

from __future__ import annotations

import gc
import inspect
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import accel
from tests.exactness.agreement import agree, decorated


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def depth(n):
    if n == 0:
        return 0
    return depth(n - 1) + 1


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def forever(n):
    return forever(n + 1)


def ping(n):
    return pong(n + 1) + 1


def pong(n):
    return ping(n + 1) - 1


@pytest.fixture
def all_decorated(monkeypatch: pytest.MonkeyPatch) -> dict:
    names = ("fib", "depth", "even", "odd", "forever", "ping", "pong")
    for name in names:
        monkeypatch.setitem(globals(), name, decorated(globals()[name]))
    return {name: globals()[name] for name in names}


def test_recursive_results(all_decorated: dict) -> None:
    assert [all_decorated["fib"](n) for n in (0, 1, 10, 15)] == [0, 1, 55, 610]
    assert [all_decorated["depth"](n) for n in (0, 5, 200, 200)] == [0, 5, 200, 200]
    assert all_decorated["even"](100) is True and all_decorated["even"](101) is False
    assert all_decorated["fib"](True) is True
    assert all_decorated["fib"](3.0) == 2.0 and type(all_decorated["fib"](3.0)) is float


@pytest.mark.parametrize("name", ["forever", "ping", "depth"])
def test_endless_recursion_raises(all_decorated: dict, name: str) -> None:
    for start in (1, 1.5, -1):
        with pytest.raises(RecursionError, match="maximum recursion depth exceeded"):
            all_decorated[name](start if name != "depth" else -1)
    assert all_decorated["depth"](100) == 100


def test_the_limit_is_the_interpreters(all_decorated: dict) -> None:
    before = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(5000)
        assert all_decorated["depth"](3000) == 3000
        sys.setrecursionlimit(400)
        with pytest.raises(RecursionError):
            all_decorated["depth"](3000)
    finally:
        sys.setrecursionlimit(before)


def test_a_million_deep_does_not_crash(all_decorated: dict) -> None:
    before = sys.getrecursionlimit()
    try:
        with pytest.raises(RecursionError):
            all_decorated["depth"](10**6)
    finally:
        sys.setrecursionlimit(before)


def leaves(n):
    if n == 0:
        return 0
    if n % 2:
        return len([n]) + leaves(n - 1)
    return leaves(n - 1) + 1


def never_compiled(n):
    return 0 if n == 0 else {n: never_compiled(n - 1) + 1}[n]


def annotated(n: int) -> int:
    return 0 if n == 0 else annotated(n - 1) + 1


@pytest.fixture
def deep_ones(monkeypatch: pytest.MonkeyPatch) -> Iterator[list]:
    names = ("depth", "even", "odd", "leaves", "never_compiled", "annotated")
    for name in names:
        monkeypatch.setitem(globals(), name, decorated(globals()[name]))
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)
    yield [globals()[name] for name in names]
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("stack", [0, 256 * 1024, 1024 * 1024])
def test_deeper_than_the_stack(deep_ones: list, stack: int) -> None:
    found: list[object] = []

    def work() -> None:
        for _ in range(2):
            found.extend(function(100_000) for function in deep_ones)
        found.append(deep_ones[0](5))

    if not stack:
        work()
    else:
        before = threading.stack_size(stack)
        try:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(before)
    assert found == 2 * [100_000, True, False, 100_000, 100_000, 100_000] + [5]


def test_other_arguments_than_those_compiled_for(deep_ones: list) -> None:
    depth_ = deep_ones[0]
    assert depth_(5) == 5 and depth_.accel.compiled
    assert depth_(Small(50_000)) == 50_000
    with accel.disabled():
        assert depth_(50_000) == 50_000
    with pytest.raises(RecursionError):
        depth_(-1)


class Small(int):
    """An int that stays one of its class."""

    def __sub__(self, other):
        return Small(int(self) - other)


def guarded(n):
    try:
        return forever(n)
    except RecursionError:
        return -n


def test_a_handler_gets_it(all_decorated: dict) -> None:
    agree(guarded, lambda: (1,), lambda: (2,))


COUNT = [0]


def tries_twice(n):
    COUNT[0] += n
    try:
        tries_twice(n)
    except RecursionError:
        tries_twice(n)


def tries_once(n):
    try:
        return tries_once(n)
    except RecursionError:
        return tries_once(n)


def calls_at_the_limit(function, calls: int) -> int:
    """How often the function gets to run when the limit leaves so many calls."""
    COUNT[0], before, frame, depth = 0, sys.getrecursionlimit(), sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    gc.collect()
    gc.disable()  # finalizers would run at the limit
    try:
        sys.setrecursionlimit(depth + calls)
        function(1)
    except RecursionError:
        pass
    finally:
        sys.setrecursionlimit(before)
        gc.enable()
    return COUNT[0]


def test_handlers_get_no_more_room_than_in_cpython(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = [calls_at_the_limit(tries_twice, calls) for calls in (12, 13)]
    monkeypatch.setitem(globals(), "tries_twice", decorated(tries_twice))
    assert [calls_at_the_limit(globals()["tries_twice"], calls) for calls in (12, 13)] == plain
    monkeypatch.setitem(globals(), "tries_once", decorated(tries_once))
    assert calls_at_the_limit(globals()["tries_once"], 14) == 0


def big(n):
    return 1 if n == 0 else n * big(n - 1)


def test_results_that_outgrow_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = [big(n) for n in (5, 20, 21, 60, 5)]
    monkeypatch.setitem(globals(), "big", decorated(big))
    assert [globals()["big"](n) for n in (5, 20, 21, 60, 5)] == plain


def twice(x):
    return x * 2


def helped(n, q=1):
    if n == -70007:
        return q
    a = twice(n)
    b = twice(a)
    return helped(n - 1, q) + b


def through(n):
    return helped(n) + 1


def entered(n):
    k = twice(n)
    r = through(n + k)
    return r


def calling(n):
    x = abs(n)
    y = len((n, x))
    return calling(n + y)


def chained(n):
    if 0 <= n < 10**7:
        return chained(n + 1)
    return 0


def stored(n):
    v = n > -3
    return stored(n + 1) if v else stored(n + 2)


def inside(n):
    def inner(k):
        return inner(k + 1)

    return inner(n)


def widened(n, *more):
    return widened(n + 1, *more)


_ENDLESS = ["forever", "ping", "helped", "entered", "calling", "chained", "stored", "inside", "widened"]


def _last_raise(function: Callable[[object], object], value: object) -> tuple[str, list[tuple[str, int]]]:
    """What is said at the limit of recursion, and the functions and lines around the place."""
    with pytest.raises(RecursionError) as caught:
        function(value)
    places = [(entry.name, entry.lineno) for entry in traceback.extract_tb(caught.value.__traceback__)[1:]]
    return str(caught.value), places


@pytest.mark.parametrize("value", [1, 1.5, np.float64(2.5)], ids=["int", "float", "float64"])
@pytest.mark.parametrize("name", _ENDLESS)
def test_the_limit_is_met_where_cpython_meets_it(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    """In the same frame, at the same operation: before Python 3.12 comparisons and calls of C code count, too."""
    names = {*_ENDLESS, "twice", "through", "pong"}
    for each in names:  # with byte code of their own: CPython makes versions for the kinds it sees
        function = globals()[each]
        twin = types.FunctionType(function.__code__.replace(), globals(), each, function.__defaults__)
        monkeypatch.setitem(globals(), each, twin)
    for limit in (300, 301):
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(len(inspect.stack()) + limit)
        try:
            want = [_last_raise(globals()[name], value) for _ in range(2)]
            plain = {each: globals()[each] for each in names}
            for each in names:
                monkeypatch.setitem(globals(), each, decorated(plain[each]))
            got = [_last_raise(globals()[name], value) for _ in range(2)]
            assert globals()[name].accel.compiled
            for each in names:
                monkeypatch.setitem(globals(), each, plain[each])
        finally:
            sys.setrecursionlimit(before)
        assert got == want
