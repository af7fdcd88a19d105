"""What compiled code read from outside is watched: another global, cell, default or code is seen by the very next call."""

import builtins
import math
from types import FunctionType

import pytest

import accel
from accel.dispatch.guards import GuardError, find_slot, find_version, function_words, guard_words, holds, own_words
from accel.ir import Guard

FACTOR = 3


def scaled(n):
    total = 0
    for i in range(n):
        total += i * FACTOR
    return total


def helper(x, by=1):
    return x + by


def calls_helper(n):
    total = 0
    for i in range(n):
        total += helper(i)
    return total


def root(n):
    total = 0.0
    for i in range(n):
        total += math.sqrt(i)
    return total


def length(n):
    total = 0
    for i in range(n):
        total += abs(i - 2)
    return total


def compiled(function, *arguments):
    made = accel.fn(FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__))
    assert made(*arguments) == function(*arguments) and made.accel.compiled
    return made


def test_another_global(monkeypatch):
    made = compiled(scaled, 4)
    for factor in (5, 2.5, 2**70, "x"):
        monkeypatch.setitem(globals(), "FACTOR", factor)
        if factor == "x":
            with pytest.raises(TypeError):
                made(4)
        else:
            assert made(4) == scaled(4) and type(made(4)) is type(scaled(4))
    monkeypatch.setitem(globals(), "FACTOR", 3)
    assert made(4) == 18
    monkeypatch.delitem(globals(), "FACTOR")
    with pytest.raises(NameError, match="FACTOR"):
        made(4)


def test_a_global_that_hides_a_builtin(monkeypatch):
    made = compiled(length, 5)
    monkeypatch.setitem(globals(), "abs", lambda x: 100)
    assert made(5) == 500
    monkeypatch.delitem(globals(), "abs")
    assert made(5) == 6
    monkeypatch.setattr(builtins, "abs", lambda x: 10)
    assert made(5) == 50


def test_an_attribute_of_a_module(monkeypatch):
    made = compiled(root, 5)
    monkeypatch.setattr(math, "sqrt", lambda x: 1.0)
    assert made(5) == 5.0


def test_a_callee_with_other_parts(monkeypatch):
    mine = FunctionType(helper.__code__, globals(), "helper", helper.__defaults__)
    monkeypatch.setitem(globals(), "helper", mine)
    made = compiled(calls_helper, 4)
    mine.__defaults__ = (10,)
    assert made(4) == 46
    mine.__code__ = (lambda x, by=1: x * by).__code__
    assert made(4) == 60
    monkeypatch.setitem(globals(), "helper", lambda x: 1)
    assert made(4) == 4


def test_another_cell():
    by = 2

    def inner(n):
        total = 0
        for i in range(n):
            total += i * by
        return total

    made = accel.fn(inner)
    assert made(4) == 12 and made.accel.compiled
    by = 3
    assert made(4) == 18
    by = 0.5
    assert made(4) == 3.0
    del by
    with pytest.raises(NameError, match="by"):
        made(4)


def with_defaults(x, y=2, *, z=3):
    return x + y + z


def test_own_defaults_and_code():
    made = accel.fn(FunctionType(with_defaults.__code__, globals(), "with_defaults", (2,)))
    made.__kwdefaults__ = {"z": 3}
    assert [made(1) for _ in range(3)] == [6] * 3 and made.accel.compiled
    made.__defaults__ = (20,)
    assert made(1) == 24
    made.__kwdefaults__["z"] = 30
    assert made(1) == 51
    made.__kwdefaults__ = None
    with pytest.raises(TypeError, match="'z'"):
        made(1)
    made.__code__ = (lambda x, y=2: (x, y)).__code__
    assert made(1) == (1, 20)


def test_words_of_a_namespace():
    space = {"a": 1, "b": 2.5}
    keys, entry = find_slot(space, "b")
    assert keys and entry and find_slot(space, "c") == (keys, 0)
    with pytest.raises(GuardError):
        find_slot({1: 2}, "b")
    guard = Guard("global", space, "b", space["b"])
    assert holds(guard) and guard_words(guard)["value"] == id(space["b"])
    space["b"] = 3.5
    assert not holds(guard)
    with pytest.raises(GuardError):
        guard_words(guard)


def test_version_of_a_namespace_without_a_name():
    space = {"__builtins__": builtins, "one": 1}
    version = find_version(space, "abs")
    assert version and find_version(space, "abs") == version
    space["two"] = 2
    assert find_version(space, "abs") != version
    with pytest.raises(GuardError):
        find_version({"abs": 1, "__builtins__": builtins}, "abs")


def test_words_of_a_function():
    made = FunctionType(with_defaults.__code__, globals(), "with_defaults", (2,))
    assert function_words(made) == {"code": id(made.__code__), "defaults": id(made.__defaults__), "kwdefaults": 0}
    made.__kwdefaults__ = {"z": 7}
    assert own_words(made)["default z"] == id(7)
