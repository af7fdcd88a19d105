"""Which names statements read before they bind them."""

import ast

import pytest

from accel.dependence.exposure import Exposure, names_read, names_stored


def exposure(text, bound=()):
    return Exposure(ast.parse(text).body, bound)


@pytest.mark.parametrize(
    ("text", "reads", "bound"),
    [
        ("a = b\nc = a", {"b"}, {"a", "c"}),
        ("a += 1", {"a"}, {"a"}),
        ("a[i] = b", {"a", "i", "b"}, set()),
        ("a[i] += b", {"a", "i", "b"}, set()),
        ("if t:\n    a = 1\nelse:\n    a = 2\n    b = 3\nc = a", {"t"}, {"a", "c"}),
        ("if t:\n    a = 1\nc = a", {"t", "a"}, {"c"}),
        ("if t:\n    continue\na = 1", {"t"}, set()),
        ("if t:\n    raise e\na = 1\nb = a", {"t", "e"}, {"a", "b"}),
        ("for j in r:\n    a = j\nb = a", {"r", "a"}, {"b"}),
        ("for j in r:\n    if j:\n        continue\n    a = j\nc = 1", {"r"}, {"c"}),
        ("while a:\n    b = a\n    break", {"a"}, set()),
        ("(a, (b, *c)) = d\ne = a + b + c", {"d"}, {"a", "b", "c", "e"}),
        ("a: int = b", {"b"}, {"a"}),
        ("a: int", set(), set()),
        ("assert a, b", {"a", "b"}, set()),
        ("f(a, k=b)", {"f", "a", "b"}, set()),
        ("a = 1\ndel a\nb = a", {"a"}, {"b"}),
        ("import a.b, c as d\nfrom e import f as g, h", set(), {"a", "d", "g", "h"}),
        ("def a(x=b): return c\nd = a", {"b", "c"}, {"a", "d"}),
        ("with a as b:\n    c = 1", {"a"}, set()),
    ],
)  # fmt: skip
def test_statements(text, reads, bound):
    found = exposure(text)
    assert found.first_reads.keys() == reads
    assert found.bound == frozenset(bound)


def test_names_bound_before_are_not_reported():
    assert exposure("a = b", ["b"]).first_reads == {}


def test_where_no_way_comes_to_the_end():
    assert exposure("raise e").bound is None


def test_names():
    tree = ast.parse("a = b\nc += d[e]\nfor f in g: pass")
    assert names_stored([tree]) == {"a", "c", "f"}
    assert names_read([tree]) == {"b", "c", "d", "e", "g"}


def test_breaks_of_the_outermost_loop_only():
    body = "for j in r:\n    a = j\n    if a:\n        break\nelse:\n    b = 1\n    break\nc = 2\nif c:\n    break"
    assert exposure(body, "r").breaks == [{"r", "b"}, {"r", "c"}]
