"""Which loops of a function are parallel, and what keeps the others from it."""

import ast

import pytest

from accel.dependence.loops import find_loops


def find(body, parameters="x, y, n, k", **options):
    text = f"def f({parameters}):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return find_loops(ast.parse(text).body[0], **options)


@pytest.mark.parametrize(
    ("body", "inputs", "last", "histograms"),
    [
        ("for i in range(n):\n    x[i] = y[i]", ("x", "y"), (), ()),
        ("for i in range(n):\n    t = y[i]\n    x[i] = t * k\nreturn t", ("k", "x", "y"), ("t",), ()),
        ("s = 0\nfor i in range(n):\n    s += y[i]\nreturn s", ("s", "y"), (), ()),
        ("for i in range(n):\n    x[y[i]] += 1", ("x", "y"), (), ("x",)),
        ("for i in range(n):\n    x[0] += y[i]", ("x", "y"), (), ("x",)),
        ("for i in range(n):\n    for j in range(i):\n        x[i, j] = j", ("x",), (), ()),
        ("for i in range(n):\n    if y[i] > 0:\n        continue\n    x[i] = 1\nelse:\n    k = 2", ("x", "y"), (), ()),
    ],
)  # fmt: skip
def test_parallel_loops(body, inputs, last, histograms):
    loops = find(body)
    (found,) = loops.parallel
    assert (found.inputs, found.last, found.histograms) == (inputs, last, histograms)
    assert loops.refused == loops.sequential == ()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("for i in range(n):\n    x[i] = x[i - 1]", "one iteration stores into `x[i]`, and another reads `x[i - 1]`, which may be the same element"),
        ("for i in range(n):\n    x[y[i]] = 1", "two iterations may store into the same element: `x[y[i]]`"),
        ("for i in range(n):\n    x[y[i]] += x[i]", "two iterations may store into the same element: `x[y[i]]`"),
        ("for i in range(n):\n    x[y[i]] *= 2", "two iterations may store into the same element: `x[y[i]]`"),
        ("for i in range(n):\n    k = y[i] - k", "`k` brings a value from one iteration to the next"),
        ("for i in range(n):\n    if y[i]:\n        t = i\nreturn t", "`t` is read behind the loop, and only some iterations bind it"),
        ("for i in range(n):\n    if y[i]:\n        break\n    x[i] = 1", "it may be left early, and stores into arrays"),
        ("for i in range(n):\n    while y[i]:\n        break\n    else:\n        break\n    x[i] = 1", "it may be left early, and stores into arrays"),
        ("for i in range(n):\n    x[i] = 1\n    return y[i]", "it may be left early, and stores into arrays"),
        ("for i in range(n):\n    x[y[i]] += 1\n    if i > k:\n        break", "it may be left early, and stores into arrays"),
        ("s = 0\nfor i in range(n):\n    s += y[i]\n    if s > k:\n        break\nreturn s", "`s` brings a value from one iteration to the next"),
        ("for i in range(n):\n    if y[i]:\n        break\n    t = y[i]\nreturn t", "`t` is read behind the loop, and only some iterations bind it"),
        ("for i in y:\n    x[i] = 1", "its iterations are not counted by `range`"),
        ("for i, j in range(n):\n    x[i] = 1", "it does not bind one name"),
        ("for i in range(n):\n    i += 1", "it binds `i`, the name it counts with"),
        ("for i in range(n):\n    k.a = 1", "it assigns to the attribute `a`"),
        ("for i in range(n):\n    try:\n        x[i] = 1\n    finally:\n        pass", "there is a statement in it that only CPython does"),
        ("for i in range(n):\n    x[i] = [j for j in y]", "there is an expression in it with variables of its own"),
        ("for i in range(n):\n    row = x[i]\n    row[0] = 1", "`row` is bound in it, and may be a view of another array"),
        ("for i in range(n):\n    k.a[i] = 1", "what is subscripted here can't be told from other arrays"),
        ("while k:\n    k -= 1", "each iteration of `while` waits for the one before"),
        ("if k:\n    t = 0\nfor i in range(n):\n    x[i] = t", "`t` may not be bound before it"),
    ],
)  # fmt: skip
def test_refused_loops(body, what):
    loops = find(body)
    assert loops.parallel == ()
    assert loops.refused[0].what == what


@pytest.mark.parametrize(
    ("body", "last", "leaving", "leaves"),
    [
        ("for i in range(n):\n    if y[i]:\n        t = i\n        break\nreturn t", (), ("t",), ["break"]),
        ("for i in range(n):\n    t = y[i]\n    if t:\n        break\nreturn t", ("t",), (), ["break"]),
        ("for i in range(n):\n    t = i\n    for j in range(k):\n        if y[j]:\n            t = j\n            return t", (), (), ["return t"]),
        ("for i in range(n):\n    for j in range(k):\n        if y[j]:\n            break\n    else:\n        t = 3\n        break\nreturn t", (), ("t",), ["break"]),
        ("t = 0\nfor i in range(n):\n    if y[i]:\n        t = 1\n        if i:\n            break\n        break\nreturn t", (), ("t",), ["break", "break"]),
    ],
)  # fmt: skip
def test_loops_that_may_be_left_early(body, last, leaving, leaves):
    (found,) = find(body).parallel
    assert (found.last, found.leaving, [ast.unparse(leave) for leave in found.leaves]) == (last, leaving, leaves)


def test_the_conflict_says_how_far_apart():
    assert find("for i in range(3, n):\n    x[i] = x[i - 3]").refused[0].why == "they are the same 3 iterations apart"


def test_names_that_other_functions_see():
    loops = find("for i in range(n):\n    k = i", shared=frozenset("k"))
    assert loops.refused[0].what == "it binds `k`, which other functions see"


def test_inner_loops_of_sequential_ones():
    loops = find("for t in range(k):\n    for i in range(n):\n        x[i] = x[i] + t\n    while k:\n        k = k - 1\n")
    assert [f.loop.lineno for f in loops.parallel] == [3]
    assert [f.loop.lineno for f in loops.refused] == [2, 5]
    assert [(f.loop.lineno, f.inputs, f.outputs) for f in loops.sequential] == [(5, ("k",), ("k",))]


def test_what_follows_a_loop_in_another_one():
    loops = find("t = 0\nfor j in range(k):\n    s = t\n    for i in range(n):\n        t = y[i]\n        x[i] = t\n")
    (found,) = loops.parallel
    assert found.last == ("t",)  # read in the next turn of the loop around
    assert not found.target_is_read


def test_sequential_loops_need_what_they_give():
    loops = find("for i in range(n):\n    t = y[i] - t\nfor i in range(n):\n    x[i] = 1\nreturn t", "x, y, n, t")
    assert [(f.inputs, f.outputs) for f in loops.sequential] == [(("n", "t", "y"), ("t",))]
    loops = find("for i in range(n):\n    if i:\n        t = y[i] - t\nfor i in range(n):\n    x[i] = 1\nreturn t")
    assert loops.sequential == ()  # `t` may not be bound


def test_uses():
    (found,) = find("for i in range(n):\n    x[i] = m.sqrt(k) + len(y) + y.shape[0] + n.real + f(i)").parallel
    assert found.bare == {"k", "f"} - {"f"} and found.owners == {("m", "sqrt"), ("n", "real")}
    assert [ast.unparse(c) for c in found.callees] == ["m.sqrt", "len", "f"]
    assert found.written == {"x"} and found.arrays == {"x": 1}


def test_assume():
    loops = find("for i in range(n):\n    x[y[i]] = x[i]", assume=True)
    assert len(loops.parallel) == 1
    assert find("for i in range(n):\n    k = x[i] - k", assume=True).parallel == ()
