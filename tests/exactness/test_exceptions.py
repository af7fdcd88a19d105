"""Exceptions: class, message, line, chain, traceback; handlers and finally.

PYTEST_DONT_REWRITE: functions with rewritten asserts are not those of the source.
"""

from __future__ import annotations

import gc
import sys
import traceback
import weakref

import numpy as np
import pytest

from tests.exactness.agreement import agree, agree_compiled, decorated


class Problem(ValueError):
    def __init__(self, code, text="none"):
        super().__init__(f"problem {code}: {text}")
        self.code = code


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def raises(k, x):
    if k == 0:
        raise Problem(x)
    if k == 1:
        raise Problem(x, text="one")
    if k == 2:
        raise Problem
    if k == 3:
        raise ValueError(x, x)
    if k == 4:
        raise x
    if k == 5:
        raise
    if k == 6:
        raise KeyError(x) from Problem(k)
    if k == 7:
        raise KeyError(x) from None
    if k == 8:
        raise KeyError(x) from x
    if k == 9:
        raise Silent
    if k == 10:
        raise StopIteration(x)
    return k


def test_raise_of_every_form() -> None:
    for k in range(12):
        agree(raises, lambda k=k: (k, 1), lambda k=k: (k, 2.5))
    agree_compiled(raises, lambda: (20, 1), lambda: (0, 1))


def caught(a, i):
    s = 0
    try:
        s += 1
        s += 10 // a[i]
    except ZeroDivisionError:
        s = -1
    except (IndexError, TypeError) as error:
        raise Problem(s) from error
    else:
        s += 100
    finally:
        a[0] += 5
    return s


def test_handlers_else_and_finally() -> None:
    rows = [([1, 2, 4], 2), ([1, 0], 1), ([1], 3), ([1, 2], -1), ([7], -2)]
    agree_compiled(caught, *(lambda items=items, i=i: (np.array(items), i) for items, i in rows))
    agree(caught, *(lambda items=items, i=i: (list(items), i) for items, i in rows))
    agree(caught, lambda: ((1, 0), 1), lambda: ([1, "x"], 1), lambda: (None, 0))


def nested(a, b, c):
    try:
        try:
            return a // b
        except ZeroDivisionError:
            return a // c
        finally:
            a += 1
    except ArithmeticError as error:
        context = error.__context__
        return (type(context).__name__, str(error), a)


def test_nested_handlers() -> None:
    agree(nested, *(lambda t=t: t for t in ((1, 2, 3), (1, 0, 3), (1, 0, 0), (1.5, 0.0, 0), (1, None, 2))))


def leaves(n, k):
    s = 0
    for i in range(n):
        try:
            if i == k:
                continue
            if i == 2 * k:
                break
            if i == 7:
                return s, "returned"
            s += 1
        finally:
            s += 100
    else:
        s += 10000
    return s


def overrides(a):
    try:
        return 1 // a
    finally:
        if a < 1:
            return "from finally"  # noqa: B012


def test_finally_on_every_way_out() -> None:
    agree(leaves, *(lambda n=n, k=k: (n, k) for n in (0, 3, 9) for k in (0, 1, 2, 20)))
    agree(overrides, lambda: (0,), lambda: (1,), lambda: (-1,), lambda: (2,))


def in_a_loop(n, a):
    failed = 0
    for i in range(n):
        try:
            a[i] = 10 // (i % 3)
        except ZeroDivisionError:
            failed += 1
        except IndexError:
            break
    return failed, a[0]


def test_handlers_in_a_loop() -> None:
    agree(in_a_loop, lambda: (9, np.zeros(9)), lambda: (9, np.zeros(4)), lambda: (0, np.zeros(1)), lambda: (1000, np.zeros(1000)))


def rethrown(a):
    try:
        return 10 // a
    except ZeroDivisionError as error:
        error.add_note("a note")
        raise


def test_raised_again() -> None:
    agree(rethrown, lambda: (0,), lambda: (3,))


def checked(a, b):
    assert a > 0, b // a
    assert b, (a, b)
    assert (
        a + b
        > 0
    )
    return a


def test_assertions() -> None:
    agree_compiled(checked, *(lambda a=a, b=b: (a, b) for a in (1, 0, -1, 2.5) for b in (1, 0, -7, 3.0)))


def several_lines(a, b, c):
    return (
        a
        + b[
            c
        ]
        // (
            c
            - 1
        )
    )


def test_lines_of_expressions_over_several_lines() -> None:
    agree(several_lines, *(lambda c=c: (1, np.arange(3), c) for c in (0, 1, 2, 3, -4)))
    agree(several_lines, lambda: (None, np.arange(3), 2), lambda: (1, (1, 2, 3), 1))


def inner(x):
    return 10 // x


def middle(x):
    y = inner(x)
    return y + 1


def outer(x):
    return (
        1
        + middle(x)
    )


def test_the_traceback_has_one_entry_per_function(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("inner", "middle"):
        monkeypatch.setitem(globals(), name, decorated(globals()[name]))
    made = agree(outer, lambda: (5,), lambda: (0,), lambda: (2.5,), lambda: (0.0,))
    with pytest.raises(ZeroDivisionError) as caught_error:
        made(0)
    entries = [(e.name, e.line) for e in traceback.extract_tb(caught_error.value.__traceback__)][1:]
    assert entries == [("outer", "+ middle(x)"), ("middle", "y = inner(x)"), ("inner", "return 10 // x")]


def test_frames_of_the_traceback_are_of_the_function() -> None:
    made = decorated(inner)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError) as caught_error:
            made(0)
        frame = caught_error.value.__traceback__.tb_next.tb_frame
        assert frame.f_code.co_name == "inner"
        assert frame.f_locals["x"] == 0
        assert frame.f_globals is globals()


def keeps(a, i):
    view = a[::2]
    pair = (a, view)
    if i > 3:
        raise Problem(i)
    return len(pair) + view[i]


def test_nothing_is_leaked_on_the_way_out() -> None:
    made = decorated(keeps)
    for i in (0, 9, 3, 1, 9):
        a = np.arange(6.0)
        alive = weakref.ref(a)
        before = sys.getrefcount(a)
        try:
            made(a, i)
        except (Problem, IndexError):
            pass
        gc.collect()
        assert sys.getrefcount(a) == before
        del a
        gc.collect()
        assert alive() is None


def test_the_handled_exception_of_the_caller_is_the_context() -> None:
    made = decorated(inner)
    for _ in range(3):
        try:
            raise KeyError("outside")
        except KeyError as outside:
            with pytest.raises(ZeroDivisionError) as caught_error:
                made(0)
            assert caught_error.value.__context__ is outside
            assert sys.exception() is outside
