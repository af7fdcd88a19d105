"""Calls between functions, methods, closures, defaults, keywords; what is wrong with a call is said as CPython says it."""

from __future__ import annotations

import collections
import functools
import inspect
import math
import pickle
import runpy
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import accel
from tests.differential.compare import find_difference, observe
from tests.differential.counters import require_compiled
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


def total(a, b=2.0, *rest, k=1, m):
    for x in rest:
        a += x * k
    return a, b, rest, m


def test_parameters_with_star() -> None:
    """Bound in the entry: by position beyond the parameters, next to keywords and defaults."""
    made, key = decorated(total), {"m": 0.5}
    calls: list[tuple[tuple[object, ...], dict[str, object]]] = [
        ((1,), key), ((1, 2.0), key), ((1, 2.0, 3), key), ((1, 2.0, 3, 4.5), {"k": 2, **key}), ((), {"a": 1, **key}), ((1, 2.0, 3), {"a": 1, **key}),
        ((1, 2.0, 3), {}), ((1, 2.0, 3), {"z": 1, **key}), ((1, 2.0, 2**62, 2**62), key), ((1, 2.0, "x"), key), ((1, 2.0, *range(40)), key),
    ]  # fmt: skip
    for _ in range(3):
        for arguments, keywords in calls:
            want, got = (observe(function, arguments, keywords, __file__) for function in (total, made))
            assert find_difference([want], [got]) is None
    require_compiled(made)


def length(*point):
    return math.hypot(*point) if point else max(0, *(1, len(point)))


def test_only_a_parameter_with_star() -> None:
    agree_compiled(length, lambda: (), lambda: (3.0,), lambda: (3.0, 4.0), lambda: (3, 4.0, True), lambda: ("a",))


def more(a, *rest, by=1):
    for x in rest:
        a = a * by + x
    return a


def spread(n, t, u):
    inner = lambda *y: len(y) + sum(y)  # noqa: E731
    found = 0
    for _ in range(n):
        found += more(*t) + more(1, *t, *u, by=2) + more(*u, n) + inner(*t, n, *u)
    return found


def test_calls_with_star() -> None:
    agree_compiled(spread, lambda: (3, (1, 2), ()), lambda: (3, (1.5,), (2, 2**62)), lambda: (2, (2**62,), (2**62, 1)))
    agree(spread, lambda: (3, (), ()), lambda: (3, [1, 2], ()), lambda: (3, (1,), 5), lambda: (1, ("a",), (1,)))


def ordered(t, log):
    def note():
        log[0] += 1
        return log[0]

    return max(*t, note())


def test_what_stands_behind_a_star_is_looked_at_before_later_arguments() -> None:
    agree(ordered, lambda: ((1.0, 2.0), np.zeros(1)), lambda: (1.5, np.zeros(1)), lambda: (np.arange(3.0), np.zeros(1)))


def longer(n, *rest):
    return len(rest) if n == 0 else longer(n - 1, n, *rest)


def test_recursion_with_more_arguments_at_every_level() -> None:
    agree(longer, lambda: (0,), lambda: (3,), lambda: (40,))


@pytest.mark.parametrize("text", ["def f(a, **more): return a", "def f(a, *rest, **more): return f(a, **more)"])
def test_strict_heeds_double_stars(text: str, tmp_path: Path) -> None:
    (tmp_path / "given.py").write_text(text)
    made = accel.fn(strict=True)(runpy.run_path(str(tmp_path / "given.py"))["f"])
    with pytest.raises(accel.CompileError, match=r"\*\*"):
        made(1, b=2)


def test_annotations_next_to_stars_are_enforced() -> None:
    @accel.fn
    def add(a: int, *rest: int, **more: int) -> int:
        return a + len(rest) + len(more)

    assert add(1, 2, "x", z=None) == 4
    with pytest.raises(TypeError, match="takes int for `a`"):
        add(1.5, 2)


def no_turns(t, n):
    s = 0
    for x in t:
        s += 1
        last = x
    else:
        s += 10
    for _ in range(n):
        for _ in ():
            s += 1
    return s, last


def test_loops_over_an_empty_tuple() -> None:
    agree_compiled(no_turns, lambda: ((), 3), lambda: ((4,), 3))


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


@accel.fn
def element(x, n: int):
    return x[n]


@functools.wraps(element)
def element_next(x):
    return element(x, 0) + 1.0


def test_a_callee_in_front_of_a_function_with_annotations_has_none_of_them(monkeypatch) -> None:
    monkeypatch.setenv("ACCEL_FAULTS", "raise")

    @accel.fn
    def total(x):
        s = 0.0
        for _ in range(3):
            s += element_next(x)
        return s

    assert [total(np.ones(4)) for _ in range(4)] == [6.0] * 4
    assert total.accel.compiled


@accel.parallelize
def fill(x):
    for i in range(x.shape[0]):
        x[i] = i


def test_a_callee_whose_loops_run_in_parallel_is_left_to_itself(monkeypatch) -> None:
    monkeypatch.setenv("ACCEL_FAULTS", "raise")

    def last(x):
        s = 0.0
        for _ in range(3):
            fill(x)
            s += x[1]
        return s

    made = accel.fn(last)
    assert [made(np.zeros(5)) for _ in range(4)] == [3.0] * 4
    assert "a call of fill with (array(float64, 1-d, C))" in made.accel.explain() and not made.accel.compiled


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
