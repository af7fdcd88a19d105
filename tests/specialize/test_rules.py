"""What is not compiled is refused where it stands, in words of the user's."""

import math

import numpy
import pytest

from tests.specialize.plans import refusal, result


class Point:
    x = 1


def operator_(a, b):
    return a + b


def comparison(a, b):
    return a < b


def negation(a):
    return -a


def attribute(a):
    return a.real


def unknown_call(a):
    return hash(a)


def method(a):
    return a.hex()


def item(a):
    return a[0]


def missing(a):
    return no_such_name + a


def several(a):
    b = a + "x"
    return b, len(a)


CASES = [
    (operator_, (1, None), "unsupported-operator", 1, "`+` of int, None"),
    (comparison, (1j, 2j), "unsupported-operator", 1, "`<` of complex, complex"),
    (negation, (None,), "unsupported-operator", 1, "`-` of None"),
    (attribute, (None,), "unsupported-operation", 1, "attribute `real` of None"),
    (unknown_call, (1,), "unsupported-call", 1, "a call of hash with (int)"),
    (method, (1.5,), "unsupported-call", 1, "a call of hex with ()"),
    (item, (1,), "unsupported-operation", 1, "`item` of int, int"),
    (missing, (1,), "undefined-name", 1, "the name `no_such_name`, which is not defined"),
]


@pytest.mark.parametrize(("function", "arguments", "slug", "line", "what"), CASES, ids=[case[0].__name__ for case in CASES])
def test_refusals(function, arguments, slug, line, what):
    (found,) = refusal(function, *arguments)
    assert found == (slug, line, what)


def test_objects_are_named_and_not_asked():
    def calls_module(a):
        return math.dist(a, a)

    assert refusal(calls_module, 1.0) == [("unsupported-call", 1, "a call of dist with (float, float)")]

    def passes_text(a):
        return int.from_bytes(a, "big")

    assert refusal(passes_text, 1) == [("unsupported-call", 1, "a call of from_bytes with (int, 'big')")]


def test_an_object_of_the_users():
    assert refusal(attribute, Point()) == [("unsupported-operation", 1, "attribute `real` of object")]


@pytest.mark.parametrize(
    ("function", "arguments", "kind"),
    [(operator_, (1, 0.5), "float"), (operator_, (True, True), "int"), (operator_, (numpy.int8(1), 1), "numpy.int8"),
     (operator_, ((1,), (2.5,)), "tuple(int, float)"), (comparison, (1, 2.5), "bool"), (comparison, (numpy.float32(1), 2), "numpy.bool"),
     (negation, (True,), "int"), (item, ((1, 2.5),), "int"), (attribute, (2j,), "float")],
)  # fmt: skip
def test_kinds(function, arguments, kind):
    assert result(function, *arguments) == kind
