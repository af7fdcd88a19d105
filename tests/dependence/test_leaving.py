"""How loops may be left early."""

import ast

import pytest

from accel.dependence.leaving import find_leaves, names_stored_staying


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("a = 1", []),
        ("if a:\n    break\nelse:\n    return b", [2, 4]),
        ("for j in r:\n    break\nelse:\n    break", [4]),
        ("while a:\n    if b:\n        return c\n    break", [3]),
        ("for j in r:\n    for k in r:\n        pass\n    else:\n        break", []),
    ],
)
def test_leaves(body, lines):
    assert [leave.lineno for leave in find_leaves(ast.parse(body).body)] == lines


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("a = 1\nif b:\n    c = 2\n    break", {"a"}),
        ("if b:\n    c = 2\n    if d:\n        e = 3\n    return", set()),
        ("if b:\n    c = 2\n    if d:\n        continue\n    break", {"c"}),
        ("for j in r:\n    a = j\n    break", {"a", "j"}),
        ("for j in r:\n    a = j\n    return a", {"j"}),
        ("for j in r:\n    pass\nelse:\n    a = 1\n    break", set()),
        ("while b:\n    c = 1\nd = 2", {"c", "d"}),
        ("for j in r:\n    if b:\n        break\nelse:\n    continue\nc = 1\nbreak", {"j"}),
        ("while b:\n    if c:\n        break\n    d = 1\n    while e:\n        f = 1\n        return", {"d"}),
        ("while b:\n    if c:\n        continue\n    d = 1\nelse:\n    e = 1\n    break", set()),
        ("while b:\n    if c:\n        break\n    d = 1\nelse:\n    e = 1\n    break", {"d"}),
        ("import a\nbreak", set()),
    ],
)
def test_names_of_iterations_that_go_on(body, names):
    assert names_stored_staying(ast.parse(body).body) == names
