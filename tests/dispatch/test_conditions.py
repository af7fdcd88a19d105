"""What parallel loops take for granted, and what is said when it is not so."""

import ast
import math

import numpy as np
import pytest

import accel
from accel.dependence.loops import find_loops
from accel.dispatch.conditions import Conditions


def conditions(body, parameters, space=None):
    tree = ast.parse(f"def f({parameters}):\n" + "".join(f"    {line}\n" for line in body.splitlines())).body[0]
    (found,) = find_loops(tree).parallel
    made = Conditions(found, space if space is not None else {"math": math, "np": np, **FUNCTIONS}, {})
    return lambda **values: made.find_obstacle(tuple(values[name] for name in found.inputs))


def pure(x):
    return math.sqrt(x) + other(x)


def other(x):
    return x + 1 if x > 0 else -x


def impure(x):
    print(x)
    return x


def indexing(x):
    return TABLE[x]


TABLE = [1, 2, 3]
FUNCTIONS = {"pure": pure, "impure": impure, "indexing": indexing, "numbers": TABLE}
X, Y = np.arange(10.0), np.zeros(10)


@accel.struct
class Inner:
    x: float


@accel.struct
class Line:
    at: float
    inner: Inner

    @property
    def twice(self):
        return 2 * self.at


LINE = Line(1.0, Inner(2.0))


@pytest.mark.parametrize(
    ("body", "values", "obstacle"),
    [
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": X, "y": Y, "k": 1}, ""),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": X, "y": Y, "k": np.float32(1)}, ""),
        ("for i in range(9):\n    x[i] = y[i] + k.at", {"x": X, "y": Y, "k": LINE}, ""),
        ("for i in range(9):\n    x[i] = y[i] + k.twice", {"x": X, "y": Y, "k": LINE}, "`k.twice` is read, of a Line"),
        ("for i in range(9):\n    x[i] = y[i] + k.inner.x", {"x": X, "y": Y, "k": LINE}, "`k.inner` is read, of a Line"),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": X, "y": Y, "k": LINE}, "`k` is a Line, used as a whole"),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": X, "y": X[1:], "k": 1}, "`x` and `y` share memory"),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": X, "y": Y, "k": Y}, "`k` is an ndarray, used as a whole"),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": [1], "y": Y, "k": 1}, "`x` is a list, not an array"),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": X, "y": np.zeros((3, 3)), "k": 1}, "`y` has 2 dimensions, and 1 subscripts"),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": X, "y": np.zeros(3, "U1"), "k": 1}, "`y` has elements of dtype <U1"),
        ("for i in range(9):\n    x[i] = y[i] + k", {"x": np.broadcast_to(X[:1], 9), "y": Y, "k": 1}, "elements of `x` share memory with each other"),
        ("for i in range(k, 9):\n    x[i - k] = y[i]", {"x": X, "y": Y, "k": np.uint8(1)}, "`k` is a uint8, whose arithmetic is not that of the integers"),
        ("for i in range(k, 9):\n    x[i - k] = y[i]", {"x": X, "y": Y, "k": np.int64(1)}, ""),
        ("for i in range(9):\n    x[i + k] = y[i]", {"x": X, "y": Y, "k": 0}, ""),
        ("for i in range(9):\n    x[i + k] = y[i]", {"x": X, "y": Y, "k": -1}, "`k` is negative"),
        ("for i in range(len(k)):\n    x[i] = len(k)", {"x": X, "y": Y, "k": [1]}, "`k` is a list, not an array"),
        ("for i in range(9):\n    k += y[i]", {"x": X, "y": Y, "k": np.float16(1)}, "`k` starts as a float16"),
        ("for i in range(9):\n    k += y[i]", {"x": X, "y": Y, "k": None}, "`k` starts as a NoneType"),
        ("for i in range(9):\n    x[y[i]] += y[i]", {"x": X, "y": Y, "k": 1}, ""),
        ("for i in range(9):\n    x[y[i]] += k", {"x": np.zeros(3, int), "y": Y, "k": 0.5}, "what is added to `x` may not be an integer"),
        ("for i in range(9):\n    x[y[i]] += 1", {"x": np.zeros(3, int), "y": Y, "k": 0.5}, ""),
        ("for i in range(9):\n    x[i] = math.sin(i) + np.exp(k) + pure(i)", {"x": X, "y": Y, "k": 0.5}, ""),
        ("for i in range(9):\n    x[i] = impure(i)", {"x": X, "y": Y, "k": 0.5}, "`impure` is called, which may do more than compute numbers"),
        ("for i in range(9):\n    x[i] = indexing(i)", {"x": X, "y": Y, "k": 0.5}, "`indexing` is called, which may do more than compute numbers"),
        ("for i in range(9):\n    x[i] = np.random.random()", {"x": X, "y": Y, "k": 0.5}, "`np.random.random` is called, which may do more than compute numbers"),
        ("for i in range(9):\n    x[i] = k.real", {"x": X, "y": Y, "k": 1j}, ""),
        ("for i in range(9):\n    x[i] = k.real", {"x": X, "y": Y, "k": object()}, "`k.real` is read, of an object"),
        ("for i in range(9):\n    x[i] = numbers[i]", {"x": X, "y": Y, "k": 0}, "`numbers` is a list, not an array"),
    ],
)  # fmt: skip
def test_obstacles(body, values, obstacle):
    assert conditions(body, "x, y, k")(**values) == obstacle


def test_builtins_by_other_names():
    find = conditions("for i in range(9):\n    x[i] = len(x)", "x", {"len": lambda x: 3})
    assert find(x=X) == "`len` is not the builtin one"


def test_what_was_found_out_about_functions_is_found_out_again():
    space = {}
    exec("def outer(x): return inner(x)\ndef inner(x): return x + 1", space)
    find = conditions("for i in range(9):\n    x[i] = outer(i)", "x", space)
    assert find(x=X) == find(x=X) == ""
    exec("def inner(x): print(x)", space)
    assert "`outer` is called" in find(x=X)
    exec("def inner(x): return x", space)
    assert find(x=X) == ""
    space["outer"].__code__ = impure.__code__
    assert "`outer` is called" in find(x=X)


def test_what_was_good_is_looked_at_again_when_it_has_changed():
    find = conditions("for i in range(9):\n    x[i] = y[i] + k", "x, y, k")
    x, y = np.arange(12.0), np.zeros(12)
    assert find(x=x, y=y, k=1) == find(x=x, y=y, k=1) == ""
    assert find(x=x, y=x[1:], k=1) == "`x` and `y` share memory"
    assert find(x=x, y=y, k=[1]) == "`k` is a list, used as a whole"
    y.resize((3, 4), refcheck=False)
    assert find(x=x, y=y, k=1) == "`y` has 2 dimensions, and 1 subscripts"
    space = {"scale": 2.0}
    find = conditions("for i in range(9):\n    x[i] = scale", "x", space)
    assert find(x=x) == find(x=x) == ""
    space["scale"] = x
    assert find(x=x) == "`scale` is an array, used as a whole"


def test_arrays_in_between_each_other():
    find = conditions("for i in range(9):\n    x[i] = y[i]", "x, y")
    both = np.zeros((10, 2))
    assert find(x=both[:, 0], y=both[:, 1]) == ""
    assert find(x=both[:, 0], y=both[::-1, 0]) == "`x` and `y` share memory"
