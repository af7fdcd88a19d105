"""What of ownership can be seen in the source of a function."""

from __future__ import annotations

import linecache

import numpy
import pytest

import accel
from accel import types
from accel.analysis.ownership import find_ownership_faults
from accel.analysis.parse import parse_function
from accel.types import Array, Borrowed, Float64, Inout, Owned, move

Vector = Array[Float64, 1]


@accel.fn
def take(a: Owned[Vector]):
    return a


@accel.fn
def write(a: Inout[Vector], n=0) -> None:
    a[0] = n


class Slots:
    a = None


def faults_of(parameters, body):
    """Slug, line from the `def`, and what is pointed at, of each fault of a function with this body."""
    lines = ["def f(" + parameters + "):\n", *("    " + line + "\n" for line in body.split("\n"))]
    name = f"<{parameters} {body}>"
    linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
    space = {"Borrowed": Borrowed, "Inout": Inout, "Vector": Vector, "take": take, "write": write, "move": move, "types": types, "np": numpy, "Slots": Slots}
    exec(compile("".join(lines), name, "exec"), space)
    found = find_ownership_faults(parse_function(space["f"]))
    if found:
        with pytest.raises(accel.OwnershipError) as caught:
            accel.fn(space["f"])
        assert caught.value.diagnostics == found
    else:
        accel.fn(space["f"])
    return [(d.slug, d.line - 1, d.source_line[d.column : d.end_column]) for d in found]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("a[0] = 1", "a[0]"), ("a[0] += 1", "a[0]"), ("a[...] = 0", "a[...]"), ("a += 1", "a += 1"), ("b = a; b[0] = 1", "b[0]"), ("a[1:][0] = 1", "a[1:][0]"),
        ("b = a[::2]; b += 1", "b += 1"), ("b = a[None, 1:, 0]; b += 1", "b += 1"), ("a.T[...] = 0", "a.T[...]"), ("b = (c := a); c[0] = 1", "c[0]"), ("(a[0], b), c = (1, 2), 3", "a[0]"),
        ("b, c = 1, a\nc[0] = 1", "c[0]"), ("[a[0], *b] = c", "a[0]"), ("for a[0] in range(3): pass", "a[0]"), ("with c as a[0]: pass", "a[0]"), ("del a[0]", "a[0]"),
        ("if c:\n    a[0] = 2", "a[0]"), ("while True:\n    b = a\n    b[0] += 1\n    break", "b[0]"), ("try:\n    a[0] = 1\nexcept ValueError: pass", "a[0]"),
        ("a.sort()", "a.sort()"), ("a[1:].fill(0)", "a[1:].fill(0)"), ("a.flags.writeable = True", "a.flags.writeable"), ("a[0]: float = 1.0", "a[0]"),
        ("write(a)", "a"), ("write(n=1, a=a[1:])", "a[1:]"), ("take(a)", "a"), ("take(move(a))", "move(a)"), ("b = a; move(b)", "move(b)"),
        ("[write(a) for _ in c]", "a"), ("def inner():\n    a[0] = 1", "a[0]"), ("return lambda: a.sort()", "a.sort()"), ("match c:\n    case 1: a[0] = 1", "a[0]"),
        ("for _ in c:\n    if a[0]: continue\n    a[0] = 1", "a[0]"), ("b = a if c else a[1:]\na[0] = 1", "a[0]"), ("async def inner():\n    a[0] = 1", "a[0]"),
        ("try:\n    pass\nfinally:\n    a[0] = 1", "a[0]"), ("import a.b as b\na[0] = 1", "a[0]"),
    ],
)  # fmt: skip
def test_writes_to_what_is_borrowed(body, where):
    assert [(slug, text) for slug, _, text in faults_of("a: Borrowed[Vector], c=None", body)] == [("borrowed-write", where)]


@pytest.mark.parametrize(
    "body",
    [
        "a = a.copy(); a[0] = 1", "if c: a = a.copy()\na[0] = 1", "b = a[[0, 1]]; b[0] = 1", "b = a[c]; b += 1", "b = a * 2; b += 1", "b = a[0]; b += 1", "x, a = a, c; a[0] = 1",
        "for a in c: a[0] = 1", "with c as a: a[0] = 1", "def inner(a): a[0] = 1", "return lambda a: a.sort()", "take(a.copy()); write(a + 1)", "del a\na = c\na[0] = 1",
        "for k in range(2):\n    if k: a[0] = 1\n    a = a.copy()", "match c:\n    case [a, *rest]: a[0] = 1", "match c:\n    case {'k': 1, **a}: a[0] = 1", "return\na[0] = 1",
        "try:\n    pass\nexcept ValueError as a:\n    a[0] = 1", "import numpy as a\na[0] = 1", "[a.sort() for a in c]", "c[0] = a[0]", "c.a = a; c.shape = 1", "a.shape = (3, 1)",
        "def inner(write): write(a)", "write(*a)", "while True:\n    c(a)\n    break\nelse:\n    a[0] = 1", "def a(): pass\na[0] = 1", "class a: pass\na[0] = 1",
        "def mid(a):\n    def deep(): a[0] = 1", "raise ValueError(a)",
    ],
)  # fmt: skip
def test_what_is_no_write_to_it(body):
    assert faults_of("a: Borrowed[Vector], c=None", body) == []


@pytest.mark.parametrize(
    ("body", "slug", "where"),
    [
        ("y = move(x); return x", "use-after-move", "x"), ("if c: take(move(x))\nreturn x", "use-after-move", "x"), ("y = take(move(x)); z = move(x)", "use-after-move", "x"),
        ("try:\n    take(move(x))\nexcept ValueError:\n    print(x)", "use-after-move", "x"), ("y = move(x) if c else 0\nreturn x", "use-after-move", "x"),
        ("c and take(move(x))\nx[0]", "use-after-move", "x"), ("take(types.move(x)); x += 1", "use-after-move", "x"), ("move(x)\nx[0] = 2", "use-after-move", "x"),
        ("print(move(x), x)", "use-after-move", "x"), ("with c: move(x)\nreturn [x for _ in c]", "use-after-move", "x"), ("def g(): move(x); return x", "use-after-move", "x"),
        ("match c:\n    case 1: move(x)\n    case _: pass\nx", "use-after-move", "x"), ("return move(x), x", "use-after-move", "x"), ("move(x)\nc.a = x", "use-after-move", "x"),
        ("while c:\n    if x: break\n    move(x)\n    break\nelse:\n    pass\nx", "use-after-move", "x"), ("for k in c:\n    pass\nelse:\n    move(x)\nx", "use-after-move", "x"),
        ("move(x)\ndef g(y=x): pass", "use-after-move", "x"), ("move(x)\n@x\ndef g(): pass", "use-after-move", "x"), ("try: pass\nfinally: move(x)\nx", "use-after-move", "x"),
        ("for k in range(3):\n    take(move(x))", "move-in-loop", "move(x)"), ("while c:\n    y = move(x)", "move-in-loop", "move(x)"), ("[move(x) for _ in c]", "move-in-loop", "move(x)"),
        ("for k in c:\n    if k: x = move(x)\n    y = move(x)", "use-after-move", "x"), ("take(x)", "missing-move", "x"), ("take(a=x)", "missing-move", "x"),
        ("def g(): take(c)", "missing-move", "c"), ("for i in c:\n    for j in c:\n        while x[0]:\n            y = [move(x) for k in c]", "move-in-loop", "move(x)"),
    ],
)  # fmt: skip
def test_names_that_have_been_moved(body, slug, where):
    found = faults_of("x, c=None", body)
    assert (slug, where) in [(slug, text) for slug, _, text in found]


@pytest.mark.parametrize(
    "body",
    [
        "x = take(move(x)); return x", "for k in c:\n    x = take(move(x))\nreturn x", "if c: return take(move(x))\nreturn x", "while True:\n    move(x)\n    break",
        "for k in c:\n    y = take(move(x))\n    break\nelse:\n    x", "[move(x) for x in c]; x", "take(x[1:]); x", "take(move(x)); del x", "for k in c:\n    move(x)\n    x = k",
        "y = move(x); x = 1; return x", "try:\n    y = move(x)\nfinally:\n    x = 1\nreturn x", "def g(): return x\nmove(x)", "for x in c: take(move(x))", "take(np.ones(3))",
        "take(move(x.T)); x", "while c:\n    x = 1\n    move(x)", "if c: move(x)\nelse: move(x)", "move(x)\nfor x in c: pass", "if c:\n    move(x)\n    raise ValueError\nx",
        "def g(move): move(x); x", "move(x)\nwith c as x: x", "move(x)\nimport x\nx", "move(x, x); x",
    ],
)  # fmt: skip
def test_names_that_have_a_value(body):
    assert faults_of("x, c=None", body) == []


@pytest.mark.parametrize(("body", "where"), [("move(a)", "move(a)"), ("take(a)", "a"), ("take(a[1:])", "a[1:]"), ("b = a; take(move(b))", "move(b)")])
def test_what_the_caller_keeps(body, where):
    assert [(slug, text) for slug, _, text in faults_of("a: Inout[Vector]", body)] == [("borrowed-write", where)]


@pytest.mark.parametrize("body", ["a = a.copy(); move(a)", "b = a[1:]; b[0] = 1; write(a)", "a += 1", "take(a.copy())"])
def test_what_is_inout_is_written(body):
    assert faults_of("a: Inout[Vector]", body) == []


def test_all_faults_are_told_in_order():
    body = "a[0] = 1\nmove(x); x\na += 1"
    assert [(slug, line) for slug, line, _ in faults_of("x, a: Borrowed[Vector]", body)] == [("borrowed-write", 1), ("use-after-move", 2), ("borrowed-write", 3)]
    assert len(faults_of("a: Borrowed[Vector]", "\n".join(["a[0] = 1"] * 20))) == 10


def test_functions_that_call_themselves():
    assert faults_of("a: Borrowed[Vector], n, b: Inout[Vector] = None", "f(b, n, a)") == [("borrowed-write", 1, "a")]


def test_what_is_too_deep_to_go_through():
    assert faults_of("a: Borrowed[Vector], c", "for i in c:\n" + "".join(f"{'    ' * k}for i{k} in c:\n" for k in range(1, 12)) + "    " * 12 + "a[0] = 1") != []
    lines = ["def f(a: Borrowed[Vector]):\n", f"    return {'-' * 900}a[0]\n"]
    linecache.cache["<deep>"] = (1000, None, lines, "<deep>")
    space = {"Borrowed": Borrowed, "Vector": Vector}
    exec(compile("".join(lines), "<deep>", "exec"), space)
    assert accel.fn(space["f"]) is space["f"]


def test_callees_that_are_defined_later_and_lambdas():
    def later(x):
        return unknown(x)

    @accel.fn
    def unknown(a: Owned[Vector]):
        return a

    assert [d.slug for d in find_ownership_faults(parse_function(later))] == ["missing-move"]
    x = 3
    with pytest.raises(accel.OwnershipError, match="uses `x` after"):
        accel.fn(lambda x: (move(x), x))
    assert move(x) == 3


def test_other_decorators_tell_it_too():
    for decorate in (accel.parallelize, accel.fn(strict=True), accel.fn(debug=True), lambda f: accel.fn(staticmethod(f))):
        with pytest.raises(accel.OwnershipError, match=r"`test_.*clear` writes to `a`, which is borrowed"):
            @decorate
            def clear(a: Borrowed[Vector]):
                a[0] = 0.0


def test_without_source_it_is_found_when_it_runs():
    space = {"Borrowed": Borrowed, "Vector": Vector}
    exec("def clear(a: Borrowed[Vector]):\n    a[0] = 0.0\n", space)
    clear = accel.fn(space["clear"])
    for _ in range(3):
        with pytest.raises(ValueError, match="read-only"):
            clear(numpy.ones(2))
