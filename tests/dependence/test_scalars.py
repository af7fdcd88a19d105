"""What the scalars of a loop are: private, reductions, carried."""

import ast

import pytest

from accel.dependence.scalars import examine_scalars

BEFORE = frozenset("abcdkmnpqstuvwxyz")


def examine(body, after="", before=BEFORE, **options):
    text = "for i in range(n):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return examine_scalars(ast.parse(text).body[0], before, frozenset(after), **options)


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("s += x[i]", "+"), ("s -= x[i]", "+"), ("s = s + x[i]", "+"), ("s = x[i] + s", "+"), ("s = s - x[i]", "+"),
        ("s *= i", "*"), ("s = i * s", "*"), ("s |= i", "|"), ("s = s & i", "&"), ("s ^= i", "^"),
        ("s = min(s, x[i])", "min"), ("s = max(s, x[i])", "max"), ("s = s and x[i] > 0", "and"), ("s = s or f(i) or i > 3", "or"),
        ("if x[i] < s:\n    s = x[i]", "min"), ("if s < x[i]:\n    s = x[i]", "max"), ("if x[i] > s:\n    s = x[i]\n    k = i", "max"),
        ("if x[i] > 0:\n    s += 1\nelse:\n    s += 2", "+"), ("for j in range(i):\n    s += j", "+"), ("t = x[i]\nif t > s:\n    k = t\n    s = t", "max"),
    ],
)  # fmt: skip
def test_reductions(body, how):
    facts = examine(body, after="sk")
    assert [(r.name, r.how) for r in facts.reductions] == [("s", how)]
    assert facts.carried == facts.maybe == ()
    assert facts.reductions[0].companions == (("k",) if "k = " in body else ())


@pytest.mark.parametrize(("body", "function"), [("s = f(s, x[i])", "f"), ("if i > 3:\n    s = m.f(s, x[i] + 1)", "m.f"), ("for j in range(i):\n    s = f(s, j)", "f")])
def test_associative_functions(body, function):
    facts = examine(body, after="s", is_associative=lambda node: ast.unparse(node) in ("f", "m.f"))
    assert [(r.name, r.how, r.function) for r in facts.reductions] == [("s", "call", function)]
    assert [c.name for c in examine(body, after="s").carried] == ["s"]


@pytest.mark.parametrize("body", ["s = f(x[i], s)", "s = f(s, s)", "s = f(s, x[i], 3)", "s = f(s, b=x[i])", "s = f(s, x[i])\ns = g(s, 1)", "s = f(s, x[i])\ny[i] = s", "s = g(s, x[i])"])
def test_what_associative_functions_are_not_called_for(body):
    assert [c.name for c in examine(body, after="s", is_associative=lambda node: ast.unparse(node) in ("f", "m.f")).carried] == ["s"]


@pytest.mark.parametrize(
    "body",
    [
        "s = x[i] - s", "s = s / x[i]", "s += s * x[i]", "s += x[i]\nx[i + 1] = s", "s += x[i]\nif s > 3:\n    continue", "t = s\ns = max(s, t + 1)", "s += 1\ns *= 2", "s = min(x[i], s)", "s = min(s, x[i], 3)",
        "s = min(s, x[i] + s)", "if x[i] < s:\n    s = y[i]", "if x[i] <= s:\n    s = x[i]", "if f(i) < s:\n    s = f(i)", "if x[i] < s:\n    s = x[i]\nelse:\n    k = 1",
        "if x[i] < s:\n    s = x[i]\n    k = k + 1", "if x[i] < s:\n    x[i] = s\n    s = x[i]", "if i > 3:\n    s = s and x[i]", "if i > 3:\n    continue\ns = s and x[i]", "s = s or x[i]\nif i > 3:\n    break",
        "y[i] = s\ns = x[i]", "if i > 3:\n    y[i] = s\ns = 1", "s = t\nt = x[i]", "if i < s:\n    i = 3\n    s = i",
    ],
)  # fmt: skip
def test_carried(body):
    assert [c.name for c in examine(body, after="sk").carried] in (["s"], ["t"], ["k", "s"], ["k"])


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("s += x[i]\ny[i] = s", ["s += x[i]"]),
        ("y[i] = s\ns = max(s, x[i])", ["s = max(s, x[i])"]),
        ("t = x[i] * 2\nu = s\nif t < s:\n    s = t\n    k = i\ny[i] = s + u", ["t = x[i] * 2", "if t < s:\n    s = t\n    k = i"]),
        ("if x[i] > 0:\n    y[s] = i\n    s += 1", ["if x[i] > 0:\n    s += 1"]),
        ("for j in range(i):\n    y[i, j] = s\n    s ^= j", ["for j in range(i):\n    s ^= j"]),
    ],
)  # fmt: skip
def test_scans(body, steps):
    (found,) = examine(body, after="s").reductions
    assert [ast.unparse(statement) for statement in found.steps] == steps


def test_reductions_need_a_value_before():
    assert [c.name for c in examine("s += i", before=frozenset()).carried] == ["s"]
    assert [c.name for c in examine("if x[i] > s:\n    s = x[i]\n    k = i", "k", frozenset("s")).carried] == ["s"]


def test_private_names():
    facts = examine("t = x[i]\nfor j in range(3):\n    u = t\ny[i] = t", after="t")
    assert facts.private == {"t", "j", "u"} and facts.last == ("t",)


def test_names_some_iterations_bind():
    assert examine("if x[i]:\n    t = i", after="t").maybe == ("t",)
    assert examine("if x[i]:\n    t = i").maybe == ()


def test_constants():
    facts = examine("if x[i]:\n    t = True\nif y[i]:\n    t = True", after="t")
    assert [(r.name, r.how) for r in facts.reductions] == [("t", "const")]
    assert examine("if x[i]:\n    t = True\nelse:\n    u = 1\nif y[i]:\n    t = 1", after="t").maybe == ("t",)
    assert examine("if x[i]:\n    t = True", after="t", before=frozenset()).maybe == ("t",)
