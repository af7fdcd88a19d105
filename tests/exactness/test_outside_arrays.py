"""Arrays from outside a function: globals, closure cells, attributes of modules; they may be changed, rebound, reshaped between calls."""

from __future__ import annotations

import types

import numpy as np
import pytest

from tests.differential.counters import count_exits
from tests.exactness.agreement import agree, agree_compiled, decorated

WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])
GRID = np.arange(6.0).reshape(2, 3)
COUNTS = np.zeros(4, np.int64)
EMPTY = np.zeros(0)
OBJECTS = np.array([1, None], "O")
config = types.ModuleType("config")
config.TABLE = np.arange(4.0)  # type: ignore[attr-defined]


def weighted(x):
    total = 0.0
    for i in range(4):
        total += WEIGHTS[i] * x
    return total


def test_read() -> None:
    made = agree_compiled(weighted, lambda: (2.0,), lambda: (3.0,))
    assert not count_exits([made])


def test_items_that_change() -> None:
    made = decorated(weighted)
    assert made(1.0) == 10.0
    WEIGHTS[0] = 11.0
    try:
        assert made(1.0) == 20.0
    finally:
        WEIGHTS[0] = 1.0


def test_rebinding(monkeypatch: pytest.MonkeyPatch) -> None:
    made = decorated(weighted)
    assert made(1.0) == 10.0
    for other in (np.ones(4), np.ones(4, np.float32), np.arange(8.0)[::2], [1, 1, 1, 1], np.ones((4, 1)), np.ones(4)):
        monkeypatch.setitem(globals(), "WEIGHTS", other)
        want, got = weighted(2), made(2)
        assert type(want) is type(got) and np.all(want == got)
    monkeypatch.delitem(globals(), "WEIGHTS")
    with pytest.raises(NameError, match="WEIGHTS"):
        made(1.0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of setting dtype and shape
def test_in_place_changes_of_the_array(monkeypatch: pytest.MonkeyPatch) -> None:
    made = decorated(weighted)
    own = np.array([1.0, 2.0, 3.0, 4.0])
    monkeypatch.setitem(globals(), "WEIGHTS", own)
    assert made(1.0) == 10.0
    own.resize(5, refcheck=False)
    own[3] = 0.0
    assert made(1.0) == 6.0
    own.dtype = np.int64
    assert made(1) == weighted(1)
    own.dtype = np.float64
    own.resize(2, refcheck=False)
    with pytest.raises(IndexError, match="index 2 is out of bounds for axis 0 with size 2"):
        made(1.0)
    own.shape = (1, 2)
    with pytest.raises(IndexError, match="index 1 is out of bounds for axis 0 with size 1"):
        made(1.0)


def counted(a):
    for i in range(len(a)):
        COUNTS[a[i]] += 1
    return COUNTS


def test_stores() -> None:
    made = decorated(counted)
    COUNTS[:] = 0
    try:
        assert made(np.array([1, 1, 3])) is COUNTS and COUNTS.tolist() == [0, 2, 0, 1]
        with pytest.raises(IndexError):
            made(np.array([0, 9, 0]))
        assert COUNTS.tolist() == [1, 2, 0, 1]
        COUNTS.flags.writeable = False
        with pytest.raises(ValueError, match="read-only"):
            made(np.array([0]))
    finally:
        COUNTS.flags.writeable = True
        COUNTS[:] = 0


def shifted(a):
    for i in range(3):
        WEIGHTS[i + 1] = a[i] + 1.0
    return WEIGHTS.sum()


def test_overlap_with_an_argument() -> None:
    made = decorated(shifted)
    kept = WEIGHTS.copy()
    try:
        for view in (lambda: WEIGHTS, lambda: WEIGHTS[1:], lambda: WEIGHTS[::-1]):
            WEIGHTS[:] = kept
            want, after = shifted(view()), WEIGHTS.copy()
            WEIGHTS[:] = kept
            assert made(view()) == want and np.all(WEIGHTS == after)
    finally:
        WEIGHTS[:] = kept


def many(i, j):
    rows = 0.0
    for row in GRID:
        rows += row[j]
    return rows, GRID[i, j], GRID[i], GRID.shape, len(EMPTY), GRID.sum(), GRID * 2.0, config.TABLE[j], WEIGHTS[-1], GRID


def test_every_use() -> None:
    agree_compiled(many, lambda: (0, 1), lambda: (-1, -1), lambda: (5, 0), lambda: (0, 7))


def objects(i):
    return OBJECTS[i]


def test_arrays_that_are_not_held() -> None:
    agree(objects, lambda: (0,), lambda: (1,), lambda: (2,))


def test_attributes_of_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    made = decorated(many)
    want = made(0, 1)[7]
    monkeypatch.setattr(config, "TABLE", np.arange(4.0) + 5)
    assert made(0, 1)[7] == want + 5


def enclosing():
    table = np.arange(3.0)

    def inner(i):
        def scaled(x):
            return x * table[i]

        return scaled(table[0] + 2.0) + lookup(i)

    def change(other):
        nonlocal table
        table = other

    return inner, change


def lookup(i):
    return WEIGHTS[i] if i < 4 else GRID[i, i]


def test_cells_callees_and_nested_functions() -> None:
    inner, change = enclosing()
    agree_compiled(inner, lambda: (1,), lambda: (2,), lambda: (3,), lambda: (-1,))
    made = decorated(inner)
    first = made(1)
    change(np.arange(3.0) * 2)
    assert made(1) == inner(1) != first
    change(np.arange(3))
    assert made(1) == inner(1)
