"""Machine code asks about arguments that it can't tell about, and about no others."""

import numpy as np
import pytest

import accel
from accel.dispatch.dispatcher import find_dispatcher
from accel.dispatch.ownership import OwnershipChecks
from accel.types import Array, Borrowed, Float64, Inout, move


@pytest.fixture
def asked(monkeypatch):
    found = []
    look = OwnershipChecks.look
    monkeypatch.setattr(OwnershipChecks, "look", lambda self, *bound: (found.append(len(bound)), look(self, *bound))[1])
    return found


def test_arrays_that_lie_apart_are_not_looked_at(asked):
    @accel.fn
    def add(a: Inout[Array[Float64, 1]], n: int, b: Borrowed[Array[Float64, 1]]) -> None:
        for k in range(n):
            a[k] += b[k]

    x = np.zeros(8)
    for a, b, times in ((x[:4], x[4:], 0), (x[4:], x[:4], 0), (x[3::-1], x[7:3:-1], 0), (x[::2], x[1::2], 1), (x[:0], x, 1)):
        add(a, 0, b)  # compiled, if its kinds are new
        asked.clear()
        add(a, 0, b)
        add(b=b, n=0, a=a)
        assert asked == [3, 3][: 2 * times]
    asked.clear()
    with pytest.raises(accel.OwnershipError):
        add(x, 0, x)
    assert asked == [3]
    assert find_dispatcher(add).counters["compiled"] == len(find_dispatcher(add).entries) > 1


def test_read_only_arrays_are_looked_at_while_moved_ones_live(asked):
    @accel.fn
    def first(a: Borrowed[Array[Float64, 1]]) -> float:
        return a[0]

    fixed, x = np.broadcast_to(1.0, 2), np.ones(2)
    assert [first(fixed), first(x), first(fixed), first(x)] == [1.0] * 4 and asked == []
    y = move(np.ones(2))
    assert [first(x), first(y)] == [1.0] * 2 and asked == []
    assert first(fixed) == 1.0 and asked == [1]
    assert len(find_dispatcher(first).entries) == 1  # to be read-only makes no other kind
