"""Random functions over arrays that are borrowed, inout, owned and moved do in machine code what they do in CPython, errors with text and lines included."""

import linecache
import random

import numpy as np
import pytest

import accel
from accel.types import Array, Borrowed, Float64, Inout, Owned, move

Vector = Array[Float64, 1]
PARAMETERS = ("a: Borrowed[Vector], b: Inout[Vector], x, c", "a: Borrowed[Vector], b: Borrowed[Vector], x: Owned[Vector], c", "a: Borrowed[Vector], b, x: Inout[Vector], c")


def poke(a):
    a[0] = 3.0


@accel.fn
def step(a: Owned[Vector]):
    for k in range(len(a)):
        a[k] += 1.0
    return a


@accel.fn
def total(a: Borrowed[Vector]) -> float:
    s = 0.0
    for k in range(len(a)):
        s += a[k]
    return s


@accel.fn
def swap(a: Inout[Vector], b: Inout[Vector]) -> None:
    for k in range(min(len(a), len(b))):
        a[k], b[k] = b[k], a[k]


@accel.fn
def add(a: Inout[Vector], b: Borrowed[Vector]) -> None:
    for k in range(min(len(a), len(b))):
        a[k] += b[k]


def statements(chance, depth=0):
    """The lines of some statements."""
    lines = []
    for _ in range(chance.randint(1, 4)):
        u, v, w = (chance.choice("abxyz") for _ in range(3))
        plain = (
            f"{u} = {v}", f"{u} = {v}[1:]", f"{u} = {v}.copy()", f"{u} = -{v}", f"poke({u})", f"{u}[0] = 7.0", f"s += total({u})", f"swap({u}, {v})",
            f"add({u}, {v})", f"{u} = step(move({u}))", f"{w} = step(move({u}))", f"{u} += 1.0", f"if c > {chance.randint(0, 2)}:", f"for k{depth} in range({chance.randint(1, 3)}):",
        )  # fmt: skip
        line = chance.choice(plain[:-2] if depth == 2 else plain)
        lines += [line, *("    " + inner for inner in statements(chance, depth + 1))] if line.endswith(":") else [line]
    return lines


def outcome(function, c):
    """What a call gives and does to its arguments: `c` says which of them share memory, too."""
    a, b, x = np.arange(5.0) + 1, np.arange(4.0) * 2 + 1, np.full(5, 4.0)
    given = {2: (a, b, a), 3: (a, a[1:], x)}.get(c, (a, b, x))
    try:
        made = [(v.tolist(), v.flags.writeable) if isinstance(v, np.ndarray) else v for v in function(*given, c)]
    except Exception as error:
        made, traceback = [type(error), str(error)], error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == function.__code__.co_filename:
                made.append(traceback.tb_lineno)
            traceback = traceback.tb_next
    return repr(made), [(v.tolist(), v.flags.writeable) for v in (a, b, x)]


def compare(seed):
    """Compare a function with itself in CPython; whether it was compiled."""
    chance = random.Random(seed)
    body = ["s = 0.0", "y = np.ones(3)", "z = np.zeros(2)", *statements(chance), "return s, a, b, x, y, z"]
    lines = [f"def f({chance.choice(PARAMETERS)}):\n", *(f"    {line}\n" for line in body)]
    name, space = f"<ownership {seed}>", dict(globals())
    linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
    exec(compile("".join(lines), name, "exec"), space)
    try:
        function = accel.fn(space["f"])
    except accel.OwnershipError:
        return False
    for c in (0, 1, 2, 3, 0, 1):
        with accel.disabled():
            expected = outcome(function, c)
        assert outcome(function, c) == expected, "".join(lines)
    return function.accel.compiled > 0


def test_some_functions(monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")
    assert sum(map(compare, range(12))) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1200, 25))
def test_more_functions(start, monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")
    assert sum(map(compare, range(start, start + 25))) >= 5
