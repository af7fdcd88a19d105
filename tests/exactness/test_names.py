"""Unbound and deleted names; globals, builtins and closure cells as they are now."""

from __future__ import annotations

import builtins
import math

import pytest

from tests.differential.counters import require_compiled
from tests.exactness.agreement import agree, agree_compiled, decorated


def branch(c, d):
    if c:
        x = 1
    if d:
        del x
    return x


def test_names_that_may_be_unbound() -> None:
    agree_compiled(branch, *(lambda c=c, d=d: (c, d) for c in (True, False, 1, 0.0) for d in (False, True)))


def turns(n):
    for i in range(n):
        last = i
        if i == 2:
            del last
            continue
    return i, last


def test_names_of_loops() -> None:
    agree_compiled(turns, *(lambda n=n: (n,) for n in (0, 1, 2, 3, 4, -1)))


def own_parameter(x):
    del x
    return x


def own_error(x):
    try:
        1 // x
    except ZeroDivisionError as error:
        kept = str(error)
    return kept, error


def test_deleted_names() -> None:
    agree(own_parameter, lambda: (1,))
    agree(own_error, lambda: (0,), lambda: (1,))


def unknown(x):
    return x + not_there  # noqa: F821


def test_a_name_that_is_nowhere() -> None:
    agree(unknown, lambda: (1,))


LIMIT = 3


def limited(x):
    return min(x, LIMIT) + LIMIT


def test_a_global_bound_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made = agree_compiled(limited, lambda: (1,), lambda: (10,))
    for value in (5, 2.5, True, 2**70, -1, 3):
        monkeypatch.setitem(globals(), "LIMIT", value)
        for x in (1, 10, 10, 10):
            assert (made(x), type(made(x))) == (limited(x), type(limited(x)))
    monkeypatch.delitem(globals(), "LIMIT")
    with pytest.raises(NameError, match="name 'LIMIT' is not defined"):
        made(1)
    require_compiled(made)


def measured(x):
    return abs(x) + math.floor(x)


def test_builtins_and_attributes_of_modules_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    made = agree_compiled(measured, lambda: (-2.5,))
    monkeypatch.setattr(math, "floor", lambda x: 100)
    assert made(-2.5) == 102.5
    monkeypatch.setattr(builtins, "abs", lambda x: 1000)
    assert made(-2.5) == 1100
    monkeypatch.undo()
    assert made(-2.5) == -0.5
    monkeypatch.setitem(globals(), "abs", lambda x: 7)
    assert made(-2.5) == 4
    monkeypatch.delitem(globals(), "abs")
    assert made(-2.5) == -0.5


def test_a_cell_bound_anew() -> None:
    n = 1

    def shifted(x):
        return x + n

    made = decorated(shifted)
    for value in (1, 10, 2.5, -3, 2**63, 1):
        n = value
        for x in (1, 2, 2**62):
            assert (made(x), type(made(x))) == (shifted(x), type(shifted(x)))


def test_an_empty_cell() -> None:
    def shifted(x):
        return x + later

    made = decorated(shifted)
    with pytest.raises(NameError, match="cannot access free variable 'later'"):
        made(1)
    later = 5
    assert made(1) == 6
    del later
    with pytest.raises(NameError, match="cannot access free variable 'later'"):
        made(1)


def shadows(x):
    total = 0
    for i in range(3):
        inner = [i * x for i in range(2)]
        total += i
    return total, i, inner


def test_names_of_comprehensions_are_their_own() -> None:
    agree(shadows, lambda: (1,), lambda: (2.5,))


def with_defaults(a, b=2, *, c=3):
    return a + b * c


def test_defaults_and_code_replaced() -> None:
    made = agree_compiled(with_defaults, lambda: (1,), lambda: (1, 5))
    made.__defaults__ = (10,)
    assert made(1) == 31
    made.__kwdefaults__ = {"c": 0.5}
    assert made(1) == 6.0
    made.__defaults__ = None
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'b'"):
        made(1)
    made.__code__ = (lambda a, b=1, *, c=1: a - b).__code__
    assert made(5, 3) == 2
