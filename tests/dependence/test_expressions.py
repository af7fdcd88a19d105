"""Expressions as polynomials, and tests as inequalities."""

import ast

import pytest

from accel.dependence.expressions import UNTOLD, Reader
from accel.dependence.forms import Reading

NAMES = {"i": Reading({("%i",): 1}), "j": Reading({("%j",): 1}), "u": None}


def read(text, reader=None):
    found = (reader or Reader({"z": 1}, {"x": 1, "a": 2})).read(ast.parse(text, mode="eval").body, NAMES)
    return found and found.form


@pytest.mark.parametrize(
    "text, form",
    [
        ("3", {(): 3}),
        ("-i + 2 * j - 1", {("%i",): -1, ("%j",): 2, (): -1}),
        ("+(i + n) * 2", {("%i",): 2, ("n",): 2}),
        ("i - i", {}),
        ("i * m + j", {("%i", "m"): 1, ("%j",): 1}),
        ("(2 * i + 1) // 2", {("%i",): 1}),
        ("(2 * i + 1) % 2", {(): 1}),
        ("4 * i // -2", {("%i",): -2}),
        ("7 // 2 + 7 % 4 + -7 // 2 + 7 % -4", {(): 1}),
        ("~i", {("%i",): -1, (): -1}),
        ("i << 3", {("%i",): 8}),
        ("(i << 3) >> 2", {("%i",): 2}),
        ("(8 * i + 5) & 3", {(): 1}),
        ("len(x)", {("x.shape[0]",): 1}),
        ("x.size", {("x.shape[0]",): 1}),
        ("a.size", {("a.size",): 1}),
        ("a.shape[-1]", {("a.shape[1]",): 1}),
    ],
)
def test_read(text, form):
    assert read(text) == form


@pytest.mark.parametrize(
    "text",
    "u u+1 z z*0 True 1.0 'x' i/2 i**2 i//0 i%0 i//n i&4 i&n i|1 i^1 i>>-1 1<<i f(i) x[i] len(z) len() max(i) max(i,u) max(*z) "
    "max(i,j,key=f) z.shape[0] y.shape[-1] a.shape[i] a.shape[-3] a.ndim (i,j) i<j".split(),
)
def test_unread(text):
    assert read(text) is None


def test_lengths_of_arrays_without_subscripts():
    reader = Reader({}, {"x": 1})
    assert read("len(y) + x.size - y.shape[0]", reader) == {("x.shape[0]",): 1}
    assert reader.measured == {"y"}


def test_what_is_known_of_quotients():
    reader = Reader({}, {})
    assert read("i // 3 + i % 3 - i + 2 * (i // 3)", reader) == {}
    (name,) = reader.rows
    assert name.startswith("%")
    assert [row.form for row in reader.rows[name]] == [{("%i",): 1, (name,): -3}, {(): 2, ("%i",): -1, (name,): 3}]


def test_one_name_for_one_value():
    reader = Reader({}, {})
    assert read("(n + 4) // 2", reader) == {**read("n // 2", reader), (): 2}
    assert all(name.startswith("#") for name in reader.rows)


def test_symbols():
    reader = Reader({"z": 1}, {})
    assert reader.read(ast.parse("i + n * 0 + m", mode="eval").body, NAMES).needs == {"n", "m"}


@pytest.mark.parametrize(
    "text, truth, count",
    [
        ("i < j", True, 1),
        ("i != j", True, 2),
        ("i != j", False, 1),
        ("i == j", False, 2),
        ("0 <= i < 5", True, 1),
        ("0 <= i < 5", False, 2),
        ("i > 0 and j > 0", True, 1),
        ("i > 0 and j > 0", False, 2),
        ("i > 0 or j > 0", True, 2),
        ("not (i > 0 or j > 0)", True, 1),
        ("i", False, 1),
        ("i > 0 and f()", True, 1),
    ],
)
def test_tests(text, truth, count):
    found = Reader({}, {}).read_test(ast.parse(text, mode="eval").body, NAMES, truth)
    assert len(found) == count
    assert found != UNTOLD


@pytest.mark.parametrize("text", ["f()", "i > 0 or f()", "i is j", "i in x", "i < 2.5", "u > 0", "x[i] > 0", "not f()"])
def test_untold(text):
    assert Reader({}, {}).read_test(ast.parse(text, mode="eval").body, NAMES) == UNTOLD
