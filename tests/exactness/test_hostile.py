"""Subclasses, objects that misbehave, huge numbers: CPython's answer, whatever it is."""

from __future__ import annotations

import gc
import math
import weakref

import numpy as np
import pytest

from accel.pipeline import specialize
from tests.differential.makers import Array, Float, Hostile, Index, Int
from tests.exactness.agreement import agree, decorated


def arithmetic(a, b):
    return a + b, a * b, a - b, a < b, -a, abs(a)


def loop(n, x):
    s = 0
    for i in range(n):
        s += i * x
    return s


ODD = [Int(5), Float(2.5), Index(3), Hostile(), "text", [1], None, (), {}, b"ab", 10**400, math, object, np.str_("x"), np.datetime64(3, "s"), range(3)]


@pytest.mark.parametrize("odd", ODD, ids=lambda v: type(v).__name__)
def test_odd_operands(odd: object) -> None:
    agree(arithmetic, lambda: (odd, 2), lambda: (2, odd), lambda: (odd, odd), lambda: (2.5, odd))
    agree(loop, lambda: (3, odd), lambda: (3 if odd == 10**400 else odd, 3), lambda: (3, 2))


class Loud:
    """Says what is done to it."""

    def __init__(self, log):
        self.log = log

    def __add__(self, other):
        self.log.append(("add", other))
        return 1

    __radd__ = __add__

    def __lt__(self, other):
        self.log.append(("lt", other))
        return self

    def __bool__(self):
        self.log.append("bool")
        return True

    def __index__(self):
        self.log.append("index")
        return 1

    def __float__(self):
        self.log.append("float")
        return 1.0


def touched(a, x):
    y = x + 1
    z = 1 + x
    if x < 3 and x:
        a[x] = float(x)
    return y, z


def test_each_operation_is_done_once_and_in_order() -> None:
    made = decorated(touched)
    made(np.zeros(3), 2)
    logs = []
    for function in (touched, made, made):
        log: list = []
        logs.append((function(np.zeros(3), Loud(log)), log))
    assert logs[0] == logs[1] == logs[2]


class Rebinds:
    """Changes a global of this module when it is converted."""

    def __index__(self):
        globals()["FACTOR"] = 100
        return 0

    def __del__(self):
        globals()["FACTOR"] = 7


FACTOR = 2


def mixed(a, x):
    s = FACTOR
    s += a[x]
    s += FACTOR
    return s


def test_conversions_with_side_effects() -> None:
    made = decorated(mixed)
    results = []
    for function in (mixed, made, made):
        globals()["FACTOR"] = 2
        results.append(function(np.arange(3), Rebinds()))
        gc.collect()
    assert results[0] == results[1] == results[2] == 102


def replaced(n):
    held = Rebinds()
    s = 0
    for i in range(n):
        if i == 2:
            held = None
        s += FACTOR
    return s, held


def test_finalizers_run_where_they_do_in_cpython() -> None:
    made = decorated(replaced)
    results = []
    for function in (replaced, made, made):
        globals()["FACTOR"] = 2
        results.append(function(5))
    assert results[0] == results[1] == results[2]


def subclass_of_array(a):
    return a[0], a[1:], len(a), a + 1, a.sum()


def test_subclasses_of_ndarray() -> None:
    agree(subclass_of_array, lambda: (np.arange(3.0).view(Array),), lambda: (np.arange(3.0),), lambda: (np.ma.masked_array([1.0, 2, 3], [0, 1, 0]),))


def huge(a, b):
    return a + b, a == b, a > b, bool(a), a % 1000, min(a, b)


def test_huge_ints() -> None:
    agree(huge, lambda: (10**4000, 10**3999), lambda: (1, 10**4000), lambda: (-(10**400), 1.5), lambda: (2**63, 2**63 - 1), lambda: (5, 7))


class Comparable(type):
    def __instancecheck__(cls, instance):
        raise RuntimeError("do not ask")


class Asked(metaclass=Comparable):
    pass


def asks(x):
    return isinstance(x, Asked)


def kinds(x):
    return isinstance(x, int), isinstance(x, float), isinstance(x, (int, float)), isinstance(x, bool), isinstance(x, np.floating)


def test_isinstance() -> None:
    agree(asks, lambda: (1,), lambda: (2.5,))
    agree(kinds, *(lambda v=v: (v,) for v in (1, 2.5, True, None, Int(3), Float(2), np.float64(1), np.int64(2), "x", 2**70)))


SEEN: list = []


class NosyClass(type):
    def __getattribute__(cls, name):
        SEEN.append(name)
        return super().__getattribute__(name)

    def __instancecheck__(cls, instance):
        SEEN.append("instancecheck")
        return True

    def __repr__(cls):
        SEEN.append("repr of the class")
        return "Nosy"


class Nosy(metaclass=NosyClass):
    """Notes whatever it is asked."""

    @property
    def __class__(self):
        SEEN.append("class")
        return int

    def __getattribute__(self, name):
        SEEN.append(name)
        return object.__getattribute__(self, name)

    def __repr__(self):
        SEEN.append("repr")
        return "nosy"

    def __eq__(self, other):
        SEEN.append("eq")
        return True

    def __hash__(self):
        SEEN.append("hash")
        return 1

    def __bool__(self):
        SEEN.append("bool")
        return True

    def __call__(self, *arguments):
        return 3


NOSY = Nosy()


def calls_it(x):
    return x + NOSY(x)


def compares_it(x):
    return x, NOSY is None


def mentions_it_aside(x):
    if x == 100:
        return NOSY + x
    return Nosy


def asks_its_class(x):
    return isinstance(x, Nosy)


def uses_its_attribute(x):
    for _ in range(3):
        np.sum(1)
    return NOSY.attribute(x)


@pytest.mark.parametrize("function", [calls_it, compares_it, mentions_it_aside, asks_its_class, uses_its_attribute])
@pytest.mark.parametrize("argument", [1, 2.5, NOSY], ids=["int", "float", "Nosy"])
def test_compiling_asks_objects_nothing(function, argument) -> None:
    made = decorated(function)
    told = []
    for called in (function, made, made, made):
        SEEN.clear()
        try:
            called(argument)
        except (AttributeError, TypeError):
            pass
        told.append(list(SEEN))
    assert told == [told[0]] * 4


class Held:
    pass


def not_compiled(x):
    return {x: 1}


def half_compiled(x, n):
    if n > 100:
        return n // 0
    return [x]


@pytest.mark.parametrize("function", [not_compiled, half_compiled])
def test_arguments_die_with_the_call(function) -> None:
    made = decorated(function)
    gc.disable()
    try:
        for _ in range(3):
            held = Held()
            alive = weakref.ref(held)
            made(held) if function is not_compiled else made(held, 3)
            del held
            assert alive() is None
    finally:
        gc.enable()


def test_a_function_called_by_what_compiles_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(n):
        s = 0
        for i in range(n):
            s += i
        return s

    made = decorated(f)
    found = []

    def compile_(*what):
        found.append(made(5))
        return specialize(*what)

    made.accel._dispatcher._compile = compile_
    assert made(4) == 6 and found == [10] and made.accel.compiled
