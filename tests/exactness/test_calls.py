"""Calls between functions, methods, closures, defaults, keywords; what is wrong with a call is said as CPython says it."""

from __future__ import annotations

import collections
import functools
import inspect
import pickle
import sys
import threading
import warnings

import numpy as np
import pytest

from tests.differential.decorators import find_decorator
from tests.exactness.agreement import agree, agree_compiled, decorated


def helper(a, b=2, *, c=3):
    return a + b * c


def uses(k, x):
    if k == 0:
        return helper(x), helper(x, 1), helper(b=x, a=1), helper(x, c=x)
    if k == 1:
        return helper()
    if k == 2:
        return helper(x, 1, 2)
    if k == 3:
        return helper(x, d=1)
    if k == 4:
        return helper(x, a=1)
    return helper(*(x, 2), **{"c": k})


def test_calls_of_plain_and_of_decorated_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(k, x) for k in range(6) for x in (1, 2.5, 2**63)]
    agree(uses, *(lambda row=row: row for row in rows))
    monkeypatch.setitem(globals(), "helper", decorated(helper))
    agree(uses, *(lambda row=row: row for row in rows))


def test_wrong_calls_from_outside() -> None:
    for make in (lambda: (), lambda: (1, 2, 3), lambda: (1, 2), lambda: (1,)):
        agree(helper, make)
    made = decorated(helper)
    for keywords in ({}, {"a": 1, "b": 2, "c": 4}, {"d": 1}, {"a": 1, "d": 2}, {"c": 1}):
        results = []
        for function in (helper, made, made):
            try:
                results.append(function(**keywords))
            except TypeError as error:
                results.append(str(error))
        assert results[0] == results[1] == results[2]


def star(a, *rest, **named):
    return a + len(rest), rest, named


def test_stars() -> None:
    agree(star, lambda: (1,), lambda: (1, 2, 3), lambda: ())


def closure(n, x):
    k = 2

    def scaled(t, by=3):
        return t * k + by + x

    add = lambda t: t + x  # noqa: E731
    s = scaled(n)
    k = 5
    for i in range(3):
        s += add(i) + scaled(i, by=1)
    return s


def test_closures() -> None:
    agree(closure, *(lambda n=n, x=x: (n, x) for n in (0, 3, 2**62) for x in (1, 2.5, -(2**62))))


def escapes(n):
    def inner(x):
        return x + n

    n += 1
    return inner


def test_closures_that_escape() -> None:
    made = decorated(escapes)
    for n in (1, 2.5, 2**63):
        assert made(n)(10) == escapes(n)(10)


class Point:
    def __init__(self, x):
        self.x = x

    def plain(self, y):
        return self.x + y

    @find_decorator("accel")
    def method(self, y):
        return self.x + y

    @staticmethod
    @find_decorator("accel")
    def static(x):
        return x * 2

    @find_decorator("accel")
    @staticmethod
    def other_way_round(x):
        return x * 2

    @classmethod
    @find_decorator("accel")
    def of(cls, x):
        return cls(x)

    @property
    @find_decorator("accel")
    def double(self):
        return self.x * 2


def test_methods() -> None:
    for x in (1, 2.5, np.float64(2)):
        for _ in range(12):
            p = Point(x)
            assert p.method(3) == p.plain(3) == Point.method(p, 3)
            assert Point.static(x) == p.static(x) == Point.other_way_round(x) == p.other_way_round(x) == x * 2
            assert Point.of(x).double == x * 2
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        Point(1).method()
    with pytest.raises(AttributeError, match="'int' object has no attribute 'x'"):
        Point.method(1, 2)


@find_decorator("accel")
def documented(a: int, b: "float" = 2.0) -> float:
    """Adds."""
    return a + b


def test_identity_of_the_decorated_function() -> None:
    assert documented.__name__ == "documented" and documented.__qualname__ == "documented" and documented.__doc__ == "Adds."
    assert documented.__module__ == __name__ and documented.__defaults__ == (2.0,)
    assert str(inspect.signature(documented)) == "(a: 'int', b: \"'float'\" = 2.0) -> 'float'"
    assert pickle.loads(pickle.dumps(documented)) is documented
    assert functools.partial(documented, 1)(2.0) == 3.0
    assert functools.cache(documented)(1) == 3.0
    assert {documented: 1}[documented] == 1


def test_wrapped_by_another_decorator() -> None:
    @functools.wraps(helper)
    def wrapper(a):
        return helper(a) + 1

    made = find_decorator("accel")(wrapper)
    assert [made(1) for _ in range(12)] == [8] * 12


def work(n):
    s = 0
    for i in range(n):
        s += i * i
    return s


def test_threads_at_once() -> None:
    made = decorated(work)
    results: list[int] = []
    barrier = threading.Barrier(8)

    def run() -> None:
        barrier.wait()
        results.extend(made(1000 + k) for k in range(50))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([work(1000 + k) for k in range(50)] * 8)


def many_kinds(a, b):
    return a + b


def test_many_kinds_of_arguments_one_after_the_other() -> None:
    values = [1, 2.5, True, 1j, np.int8(1), np.float32(2), np.uint16(3), np.float64(4), np.arange(3), np.arange(3.0), "a", None, (1,), [1], 2**70]
    agree_compiled(many_kinds, *(lambda a=a, b=b: (a, b) for a in values for b in values))


def named_caller(depth):
    return sys._getframe(depth).f_code.co_name


def warner(x):
    if x > 1:
        warnings.warn("large", UserWarning, stacklevel=2)
    return x + 1


def asks_for_frames(x):
    return named_caller(0), named_caller(1), warner(x), x


def makes_a_class(x):
    kind = collections.namedtuple("Pair", "a b")
    return kind.__module__, x


def test_functions_that_look_at_their_callers_see_them() -> None:
    agree(asks_for_frames, lambda: (1,), lambda: (2,), lambda: (2.5,))
    agree(makes_a_class, lambda: (1,))
