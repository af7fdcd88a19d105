"""Loops whose iterations are independent, and those that look like them and are not."""

import ast

import pytest

from accel.dependence.arrays import examine_arrays
from tests.dependence.loops import conflicts, examine, is_independent

INDEPENDENT = """
for i in range(n): x[i] = x[i] + 1
for i in range(n): x[i] += y[n - i]
for i in range(1, n): x[i - 1] = 1
for i in range(n): x[-1 - i] = 1
for i in range(len(x) // 2): x[i], x[-1 - i] = x[-1 - i], x[i]
for i in range(n): x[max(i, 0)] = 1
for i in range(n): x[min(2 * i, 3 * i)] = 1
for i in range(n, max(n, m)): x[i - n] = 1
for i in range(len(x) // 2): x[i], x[~i] = x[~i], x[i]
for i in range(n): x[2 * i] = x[2 * i + 1]
for i in range(n): x[2 * i] = x[4 * i + 1]
for i in range(n): x[i] = x[i + n]
for i in range(0, n, 3): x[i] = x[i + 1] + x[i + 2]
for i in range(n, 0, -2): x[i] = x[i - 1]
for i in range(n): a[i, 0] = a[0, i]
for i in range(0, f()): x[i] = 1
for i in range(f()): x[i] = x[i] + 1
for i in range(1): x[0] += 1
for i in range(3, 4): x[n] += 1
for i in range(0, n, 4): x[i // 4] = 1
for i in range(0, n, 4): x[i >> 2] = 1
for i in range(n): x[2 * i + i % 2] = 1
for i in range(n): x[(i << 1) + (i & 1)] = 1
for i in range(n): x[4 * (i // 4) + 3 - i % 4] = 1
for i in range(-n, 0): x[i] = 1
for i in range(x.shape[0]): x[i] = x[x.size - 1 - i + x.size]
for i in range(n): a[i, 0] = a[i][1]
for i in range(n): a[0, i] = a[1, i - 1]
for i in range(n): a[i, f(i)] = a[i, y[i]]
for i in range(n): a[i, i] = 1
for i in range(a.shape[0]): a[i, a.shape[-1] - 1] = 1
for i in range(n): x[i] = 1 if i > 3 else x[i]
for i in range(n): x[i] = [y[k] for k in range(3)]
for i in range(n): x[i] = sum(a[i, k] for k in range(m))
for i in range(n): a[i, 0] = sum(a[i, k] for k in range(m))
"""


@pytest.mark.parametrize("text", INDEPENDENT.strip().splitlines())
def test_independent(text):
    assert conflicts(text) == []


DEPENDENT = """
for i in range(n): x[0] = i
for i in range(n): x[i - 1] = 1
for i in range(n): x[i] = x[i - 1]
for i in range(n): x[i] = x[-1 - i]
for i in range(n): x[i] = x[len(x) - 1 - i]
for i in range(n): x[i] = x[-i]
for i in range(-2, n): x[i] = 1
for i in range(s, n): x[i] = 1
for i in range(f(), n): x[i] = 1
for i in range(n, s, -1): x[i] = 1
for i in range(n): x[2 * i] = x[3 * i + 1]
for i in range(n): x[i] = x[i + s]
for i in range(n): x[i // 2] = 1
for i in range(n): x[i % 7] = 1
for i in range(0, n, 4): x[i // 5] = 1
for i in range(s, n, t): x[i] = 1
for i in range(n): x[i * m] = 1
for i in range(n): x[i * i] = 1
for i in range(n): x[y[i]] += 1
for i in range(n): x[f(i)] += 1
for i in range(n): x[i + f(i)] += 1
for i in range(n): x[min(i, 5)] += 1
for i in range(n): x[max(i, 5)] += 1
for i in range(n): x[i / 1] = 1
for i in range(n): x[i ** 1 % 3] = 1
for i in range(n): x[True] = 1
for i in range(n): x[i] = 1 if i > 3 else x[i + 1]
for i in range(n): x[i] = [x[k] for k in range(3)]
for i in range(n): x[i] = sum(x[k] for k in range(i))
for i in range(n): x[i] = [lambda: x[i]]
for i in range(n): x[i] = (x[i + k] for k in range(2))
for i in range(n): x[i] = [x[i] for i in range(3)]
for i in range(n): x[(i := 3)] = 1
for i in range(0, n, s): x[i] = 1
for i in range(n): a[i, 0] = a[1, i]
for i in range(n): a[f(i), i] = 1
for i in range(n): a[i % 2, i % 3] = 1
for i in z: x[i] = 1
for i in range(*z): x[i] = 1
"""


@pytest.mark.parametrize("text", DEPENDENT.strip().splitlines())
def test_dependent(text):
    assert not is_independent(text)


NESTS = {
    "triangle": """
        for i in range(n):
            for j in range(i):
                a[i, j] = a[j, i]
        """,
    "blocks": """
        for i in range(0, n, s):
            for j in range(i, min(i + s, n)):
                x[j] += 1
        """,
    "blocks of a constant size": """
        for i in range(0, n, 8):
            for j in range(i, i + 8):
                x[j] = x[j] + 1
        """,
    "flattened": """
        for i in range(n):
            for j in range(m):
                x[i * m + j] = 1
        """,
    "flattened with an offset": """
        for i in range(1, n):
            for j in range(1, m):
                x[i * m + j] = y[i * m + j - 1] + x[i * m + j]
        """,
    "flattened, neighbours in a row": """
        for i in range(n):
            for j in range(m - 1):
                x[i * m + j] = x[i * m + j + 1]
        """,
    "flattened with a sum as width": """
        for i in range(n):
            for j in range(m - 1):
                x[i * (m - 1) + j] = 1
        """,
    "flattened twice": """
        for i in range(n):
            for j in range(m):
                for k in range(p):
                    x[(i * m + j) * p + k] = 1
        """,
    "flattened, by a length": """
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                x[i * a.shape[1] + j] = a[i, j]
        """,
    "flattened, by a length of something else": """
        for i in range(n):
            for j in range(z.shape[1]):
                x[i * z.shape[1] + j] = 1
        """,
    "blocks of rows": """
        for i in range(0, n, s):
            for j in range(i, min(i + s, n)):
                for k in range(m):
                    x[j * m + k] += 1
        """,
    "dealt out": """
        for i in range(p):
            for j in range(i, n, p):
                x[j] += 1
        """,
    "rows": """
        for i in range(n):
            for j in range(i * m, i * m + m):
                x[j] = 1
        """,
    "product of matrices": """
        for i in range(n):
            for j in range(m):
                c[i][j] = 0
            for k in range(p):
                for j in range(m):
                    c[i][j] += a[i][k] * b[k][j]
        """,
    "window": """
        for i in range(n):
            for j in range(max(0, i - 1), min(n, i + 2)):
                x[2 * i] = x[2 * j + 1]
        """,
    "window that does not reach": """
        for i in range(0, n, 6):
            for j in range(max(0, i - 2), min(n, i + 3)):
                x[j] += 1
        """,
    "downwards": """
        for i in range(n - 1, -1, -1):
            for j in range(i, -1, -1):
                a[i, j] = a[j, i] if j == i else 0
        """,
    "condition": """
        for i in range(n):
            for j in range(n):
                if j > i:
                    a[i, j] = a[j, i]
        """,
    "else": """
        for i in range(n):
            for j in range(n):
                if j <= i:
                    y[i] = 1
                else:
                    a[i, j] = a[j, i]
        """,
    "continue": """
        for i in range(n):
            if i == 0:
                continue
            x[i - 1] = 1
        """,
    "not equal": """
        for i in range(n):
            for j in range(n):
                if j != i:
                    x[i] = y[j]
                else:
                    x[j] = 1
        """,
    "and": """
        for i in range(n):
            if i > 0 and x[i - 1 + n] > 0:
                x[i - 1] = 1
        """,
    "while": """
        for i in range(n):
            j = 0
            while j < 3:
                a[i, j] = j
                j += 1
        """,
    "definition": """
        for i in range(n):
            k = 2 * i + 1
            x[k] = x[k - 1]
        """,
    "definition in an inner loop": """
        for i in range(n):
            for j in range(3):
                k = 3 * i + j
                x[k] = 1
        """,
    "definition of a definition": """
        for i in range(n):
            k = 2 * i
            l = k + 1
            if i > 2:
                x[l] = x[k]
        """,
    "one name for two loops": """
        for i in range(n):
            for j in range(2):
                x[2 * i + j] = 1
            for j in range(2):
                x[2 * i + j] += 1
        """,
    "try": """
        for i in range(n):
            try:
                k = 2 * i
                x[k] = 1
            except IndexError:
                x[i + i + 1] = 1
        """,
}


@pytest.mark.parametrize("name", NESTS)
def test_independent_nest(name):
    assert conflicts(NESTS[name]) == []


TRAPS = {
    "the width may be 0": """
        for i in range(n):
            for j in range(2):
                x[i * m + j] = 1
        """,
    "a row too long": """
        for i in range(n):
            for j in range(m + 1):
                x[i * m + j] = 1
        """,
    "dealt out, one too many": """
        for i in range(p + 1):
            for j in range(i, n, p):
                x[j] += 1
        """,
    "neighbours of the next row": """
        for i in range(n):
            for j in range(m):
                x[i * m + j] = x[i * m + j + 1]
        """,
    "the row before": """
        for i in range(n):
            for j in range(m):
                x[i * m + j] = x[i * m + j - 1]
        """,
    "blocks that overlap": """
        for i in range(0, n, 8):
            for j in range(i, i + 9):
                x[j] += 1
        """,
    "a window": """
        for i in range(n):
            for j in range(max(0, i - 1), min(n, i + 2)):
                x[j] += 1
        """,
    "triangle with its edge": """
        for i in range(n):
            for j in range(i + 2):
                a[i, j] = a[j, i]
        """,
    "the condition changes": """
        for i in range(n):
            k = 0
            while k < 3:
                if k > i:
                    x[0] = k
                k += 1
        """,
    "a condition on a name that changes": """
        for i in range(n):
            j = f(i)
            if j > i:
                j = i - 1
                x[j] = 1
        """,
    "continue in a try": """
        for i in range(n):
            try:
                if i == 0:
                    raise ValueError
            except ValueError:
                pass
            x[i - 1] = 1
        """,
    "a condition left": """
        for i in range(n):
            if i > 0:
                y[i] = 1
            x[i - 1] = 1
        """,
    "leaves now and then": """
        for i in range(n):
            if i == 0:
                if f(i):
                    continue
            x[i - 1] = 1
        """,
    "used before it is defined": """
        for i in range(n):
            x[k] = 1
            k = 2 * i
        """,
    "defined in a branch": """
        for i in range(n):
            if f(i):
                k = i
            x[k] = 1
        """,
    "defined in a loop, used behind it": """
        for i in range(n):
            for j in range(m):
                k = i + 0 * j
            x[k] = 1
        """,
    "the variable behind its loop": """
        for i in range(n):
            for j in range(i, i + 1):
                pass
            x[j] = 1
        """,
    "defined twice": """
        for i in range(n):
            k = i
            k = 0
            x[k] = 1
        """,
    "changed in place": """
        for i in range(n):
            k = i
            k -= i
            x[k] = 1
        """,
    "the inner variable is assigned": """
        for i in range(n):
            for j in range(i, i + 1):
                j = 0
                x[j] = 1
        """,
    "the inner variable is assigned by a loop in it": """
        for i in range(n):
            for j in range(i, i + 1):
                for j in range(2):
                    x[j] = 1
        """,
    "the outer variable is assigned": """
        for i in range(n):
            i = 3
            x[i] = 1
        """,
    "the outer variable is assigned by a pattern": """
        for i in range(n):
            match f():
                case [*i]: pass
                case {"a": 1, **i}: pass
                case int() as i: pass
            x[i] = 1
        """,
    "a symbol that changes": """
        for i in range(n):
            x[i + s] = 1
            s = s - 1
        """,
    "a symbol that is another each time": """
        for i in range(n):
            x[2 * i + s] = 1
            del s
        """,
    "a definition of what changes": """
        for i in range(n):
            s = f()
            k = i + s
            x[k] = 1
        """,
    "in a function": """
        for i in range(n):
            k = i
            def g(i): x[i] = 1
            x[k] = g(0)
        """,
    "in a lambda that is called later": """
        for i in range(n):
            g.append(lambda: x[i])
            x[i] = 1
        """,
    "global": """
        for i in range(n):
            def g():
                nonlocal k
                k = 0
            k = i
            x[k] = 1
        """,
    "an exception's name": """
        for i in range(n):
            try: f()
            except E as i: pass
            x[i] = 1
        """,
    "an array that is assigned": """
        for i in range(n):
            x[i] = 1
            x = x[1:]
        """,
    "a shape that is assigned": """
        for i in range(n):
            x[i] = 1
            x.shape = 3
        """,
    "a target that is an element": """
        for i in range(n):
            for x[0] in range(3): pass
        """,
    "range is something else": """
        for i in range(n):
            for j in range(i, i + 1):
                x[j] = 1
            range = f
        """,
    "rows and elements": """
        for i in range(n):
            a[i] = a[i, 0]
        """,
}


@pytest.mark.parametrize("name", TRAPS)
def test_trap(name):
    assert not is_independent(TRAPS[name])


def test_names_that_have_to_be_ints():
    assert examine("for i in range(n): x[i] = 1").integers == set()
    assert examine("for i in range(n): x[i + s] = x[i + s] * t").integers == set(), "there is a conflict"
    assert examine("for i in range(n): y[i, i + s] = 1").integers == set()
    assert examine("for i in range(2, n):\n if s > 0: x[i + s] = x[i + s - 2]").integers == {"s"}, "for the distance"
    assert examine("for i in range(n):\n if s > 0: x[2 * i] = x[2 * i + 2 * s + 1]").integers == {"s"}
    assert examine("for i in range(n): y[s, i] = y[0, i]").integers == {"s"}, "None would select rows"
    assert examine("for i in range(n - 1):\n for j in range(n - 1): x[i, j] = 1").integers == set()
    assert examine("for i in range(n):\n for j in range(m): x[i * m + j] = 1").integers == {"m"}
    assert examine("for i in range(n):\n if i > t: x[i] = 1").integers == set()
    assert examine("for i in range(s, n):\n if s > 0: x[i] = 1").integers == {"s"}


def test_distances():
    assert conflicts("for i in range(2, n): x[i] = x[i - 2]") == [("x[i]", "x[i - 2]", 2)]
    assert conflicts("for i in range(n): x[i] = x[i + 1]") == [("x[i]", "x[i + 1]", -1)]
    assert conflicts("for i in range(n, 0, -1): x[i] = x[i - 1]") == [("x[i]", "x[i - 1]", -1)]
    assert conflicts("for i in range(4, n, 2): x[i] = x[i - 4]") == [("x[i]", "x[i - 4]", 2)]
    assert conflicts("for i in range(1, n):\n for j in range(m): a[i, j] = a[i - 1, j]") == [("a[i, j]", "a[i - 1, j]", 1)]
    assert conflicts("for i in range(1, n):\n for j in range(m): a[i, j] = a[i - 1, j + 1]") == [("a[i, j]", "a[i - 1, j + 1]", 1)]
    assert conflicts("for i in range(2): x[5] = 1") == [("x[5]", "x[5]", None)], "either may be the later one"
    assert conflicts("for i in range(n): x[i] = x[2 * i]") == [("x[i]", "x[2 * i]", None)]
    assert conflicts("for i in range(n): x[i] = x[i - 1]") == [("x[i]", "x[i - 1]", None)], "the first one wraps around"
    assert conflicts("for i in range(0, n, s): x[i] = x[i + s]")[-1][-1] is None


def test_measured():
    assert examine("for i in range(len(y)): x[i] = 1").measured == {"y"}
    assert examine("for i in range(len(x)): x[i] = x[x.shape[0] - 1 - i]").measured == set()


def test_accesses():
    facts = examine("for i in range(n): a[i][2 * i] += b[i, x[i]] * a.shape[0]")
    told = [(a.array, [ast.unparse(s) for s in a.subscripts], a.is_write, a.is_update) for a in facts.accesses]
    assert told == [
        ("a", ["i", "2 * i"], True, True),
        ("x", ["i"], False, False),
        ("b", ["i", "x[i]"], False, False),
    ]
    assert facts.dimensions == {"a": 2, "b": 2, "x": 1}
    assert facts.others == ()


OTHERS = ["x[1:i]", "x[:, i]", "x[..., i]", "x[*z]", "x[None, i]", "x[i, (1, 2)]", "x[[1, 2]]", "f(x)[i]", "z.x[i]", "x[1:][i]", "(x + y)[i]"]


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_element(text):
    for program in (f"for i in range(n): y[i] = {text}", f"for i in range(n): {text} = 1"):
        facts = examine(program)
        assert [ast.unparse(one) for one in facts.others] == [ast.unparse(ast.parse(text, mode="eval").body)]
        assert {access.array for access in facts.accesses} <= {"y"}


def test_deleted_elements_are_not_accesses():
    assert [ast.unparse(one) for one in examine("for i in range(n): del x[i]").others] == ["x[i]"]


def test_elements_inside_of_others():
    facts = examine("for i in range(n): z.q[x[i]] = y[0:x[i + 1]]")
    assert sorted(ast.unparse(access.node) for access in facts.accesses) == ["x[i + 1]", "x[i]"]


def test_definitions_are_taken_from_the_caller():
    loop = ast.parse("for i in range(n):\n k = i\n x[k] = 1").body[0]
    assert [c.array for c in examine_arrays(loop, {}).conflicts] == ["x"]
    assert examine_arrays(loop, {"k": loop.body[0].value}).conflicts == ()
    other = ast.parse("i", mode="eval").body
    assert [c.array for c in examine_arrays(loop, {"k": other}).conflicts] == ["x"], "of another place"


def test_accesses_that_are_only_read_do_not_conflict():
    assert is_independent("for i in range(n): s = x[0] + x[f(i)]")


def test_pairs_with_a_write_conflict():
    assert conflicts("for i in range(n): x[0] = x[1] + x[0]") == [("x[0]", "x[0]", None), ("x[0]", "x[0]", None)]
