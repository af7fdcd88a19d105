"""The entry of compiled code: arguments bound as CPython binds them; what does not fit is CPython's."""

import itertools
import sys

import numpy
import pytest

import accel
from tests.exactness.agreement import agree, agree_compiled, decorated


def defaults(a, b=2, c=3.5):
    return a, b, c


def only(a, /, b, *, c=10, d):
    return a - b + c - d


def keywords(*, first=1, second=2):
    return first - second


def none():
    return 7


CALLS = {
    "defaults": (defaults, [((1,), {}), ((1, 5), {}), ((1,), {"c": 0.5}), ((), {"c": 1.5, "a": 4, "b": 6}), ((1, 2, 3.0), {})]),
    "only": (only, [((9, 2), {"d": 1}), ((9,), {"d": 4, "b": 3, "c": 2}), ((9, 2), {"c": 7, "d": 0})]),
    "keywords": (keywords, [((), {}), ((), {"second": 9}), ((), {"second": 5, "first": 3})]),
    "none": (none, [((), {})]),
}
WRONG = {
    "defaults": [((), {}), ((1, 2, 3, 4), {}), ((1,), {"a": 2}), ((1,), {"x": 2})],
    "only": [((1,), {"d": 1}), ((1, 2), {}), ((), {"a": 1, "b": 2, "d": 3}), ((1, 2, 3), {"d": 4}), ((1, 2), {"d": 1, "b": 3})],
    "keywords": [((1,), {}), ((), {"third": 3})],
    "none": [((1,), {}), ((), {"x": 1})],
}


@pytest.mark.parametrize("name", CALLS)
def test_arguments_are_bound_as_ever(name):
    function, calls = CALLS[name]
    made = decorated(function)
    for (positional, named), _ in itertools.product(calls, range(4)):
        assert made(*positional, **named) == function(*positional, **named)
    assert made.accel.compiled
    spread = {tuple(positional): named for positional, named in calls}
    assert all(made(*p, **n) == function(*p, **n) for p, n in spread.items())


@pytest.mark.parametrize("name", CALLS)
def test_wrong_calls_are_refused_in_the_same_words(name):
    function, calls = CALLS[name]
    made = decorated(function)
    for _ in range(3):
        made(*calls[0][0], **calls[0][1])
    for positional, named in WRONG[name]:
        said = []
        for one in (function, made):
            with pytest.raises(TypeError) as raised:
                one(*positional, **named)
            said.append(str(raised.value))
        assert said[0] == said[1]


def test_names_that_are_not_interned():
    made = decorated(defaults)
    for _ in range(3):
        made(1, b=2)
    name = "".join(["b", ""])[:1] + ""
    named = {"".join(map(chr, [98])): 5, sys.intern("c"): 1.0}
    assert made(1, **named) == (1, 5, 1.0) and made(1, **{name: 4}) == (1, 4, 3.5)


def test_defaults_of_another_kind_are_seen():
    made = decorated(defaults)
    for _ in range(3):
        assert made(1) == (1, 2, 3.5)
    made.__defaults__ = ("two", None)
    assert made(1) == (1, "two", None) and made(1, 2, 3.5) == (1, 2, 3.5)
    made.__defaults__ = None
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        made(1)


def double(x):
    return x + x


class Whole(int):
    def __add__(self, other):
        return "an int subclass"


class Real(float):
    def __add__(self, other):
        return "a float subclass"


class Row(numpy.ndarray):
    def __add__(self, other):
        return "an array subclass"


@pytest.mark.parametrize("warm", [3, 2.5, True, 1j, numpy.float32(1.5), numpy.ones(3), (1, 2)], ids=repr)
def test_every_other_argument_is_cpythons(warm):
    """Machine code is for one combination of types; whatever else comes in goes the usual way."""
    others = [7, 2**70, -0.0, False, 2j, None, "ab", [1], (1.5,), Whole(2), Real(2.0), numpy.float64(2), numpy.int8(100), numpy.ones(2),
              numpy.ones((2, 2)), numpy.ones(2, "f4"), numpy.ones(2, ">f8"), numpy.ones(4)[::2], numpy.ones(2).view(Row)]  # fmt: skip
    made = decorated(double)
    for _ in range(3):
        made(warm)
    assert made.accel.compiled
    for other in others:
        try:
            expected = double(other)
        except Exception as error:
            with pytest.raises(type(error)) as raised:
                made(other)
            assert str(raised.value) == str(error)
        else:
            got = made(other)
            assert type(got) is type(expected) and repr(got) == repr(expected)


def test_a_read_only_array_is_not_written_to():
    def store(a):
        a[0] = 5.0
        return a[0]

    frozen = numpy.zeros(2)
    frozen.flags.writeable = False
    agree(store, lambda: (numpy.zeros(2),), lambda: (frozen,))


def test_guards_miss_and_hit_again():
    space = {"k": 3}
    exec(compile("def scaled(x):\n    return x * k\n", __file__, "exec"), space)
    made = accel.fn(cache=False)(space["scaled"])
    for _ in range(3):
        assert made(2) == 6
    compiled = made.accel.counters["compiled"]
    space["unrelated"] = 1
    assert made(2) == 6 and made.accel.counters["compiled"] == compiled
    space["k"] = 4
    assert made(2) == 8
    space["k"] = 2.5
    assert made(2) == 5.0
    del space["k"]
    with pytest.raises(NameError, match="name 'k' is not defined"):
        made(2)


def test_results_that_are_never_given():
    def fails(x):
        raise ValueError(x)

    agree(fails, lambda: (3,))


def test_one_of_the_arguments_itself():
    def first(a, b):
        return a

    array = numpy.zeros(3)
    made = decorated(first)
    assert all(made(array, 1) is array for _ in range(4)) and made.accel.compiled
    agree_compiled(first, lambda: (numpy.zeros(2), 2))
