"""Indexes are checked, negative ones count from the end, errors are the container's own."""

from __future__ import annotations

import numpy as np

from tests.differential.makers import Hostile, Index
from tests.exactness.agreement import agree, agree_compiled


def load(a, i):
    return a[i]


def store(a, i, v):
    a[i] = v
    return a


INDEXES = (0, 2, -1, -3, 3, -4, 2**31, 2**63 - 1, -(2**63), 2**63, True, 1.0, None, np.int8(-2), np.uint64(1), np.int64(7), "x", Index(1), Hostile())


def test_loads() -> None:
    for make in (lambda: np.arange(3.0), lambda: np.arange(3), lambda: (1, 2.5, None), lambda: (4, 5, 6), lambda: [1, 2, 3], lambda: "abc", lambda: range(3)):
        agree(load, *(lambda make=make, i=i: (make(), i) for i in INDEXES))
    agree_compiled(load, lambda: (np.arange(3.0), 1), lambda: (np.arange(3.0), -4))


def test_stores() -> None:
    for make in (lambda: np.arange(3.0), lambda: np.arange(3, dtype="b"), lambda: (1, 2, 3), lambda: [1, 2, 3], lambda: np.zeros(3, "?")):
        agree(store, *(lambda make=make, i=i: (make(), i, 1) for i in INDEXES))
    agree_compiled(store, lambda: (np.arange(3.0), 1, 2.5), lambda: (np.arange(3.0), 9, 2.5))


def test_values_that_do_not_fit() -> None:
    for char in "?bBhilLefdFD":
        for v in (1, -1, 300, 2**40, 2**63, -(2**63), 2**70, 1.5, float("nan"), 1e300, 1 + 2j, True, None, "5", np.float64(3.7), np.int16(-5), np.zeros(1), np.zeros(2)):
            agree(store, lambda char=char, v=v: (np.zeros(2, char), 0, v))


def matrix(m, i, j):
    m[i, j] += 1
    return m[i, j], m[i], m[:, j], m[i][j]


def test_matrices() -> None:
    rows = [(0, 0), (-1, 2), (1, -3), (2, 0), (0, 3), (-3, 0), (0, -4), (0, True), (1.0, 0)]
    for layout in (lambda: np.arange(6.0).reshape(2, 3), lambda: np.arange(6).reshape(3, 2).T, lambda: np.zeros((0, 3)), lambda: np.zeros(3)):
        agree(matrix, *(lambda layout=layout, i=i, j=j: (layout(), i, j) for i, j in rows))


def cut(a, i, j, k):
    return a[i:j:k]


def put(a, i, j, k, v):
    a[i:j:k] = v
    a[i:j] += 1


def test_slices() -> None:
    rows = [(None, None, None), (1, 4, 1), (-2, None, None), (4, 1, -1), (None, None, -1), (0, 100, 7), (5, 2, 1), (2**63, -(2**63), -1), (0, 3, 0)]
    rows += [(1.5, 2, 1), (True, 3, None), (-100, 100, 3), (np.int8(1), np.uint8(4), 1)]
    for make in (lambda: np.arange(6.0), lambda: np.arange(12).reshape(6, 2), lambda: np.zeros(0), lambda: (1, 2, 3, 4), lambda: np.array(5.0)):
        agree(cut, *(lambda make=make, row=row: (make(), *row) for row in rows))
    for v in (7, 1.5, np.arange(3.0), np.zeros(1), (1, 2, 3)):
        agree(put, *(lambda v=v, row=row: (np.arange(6.0), *row, v) for row in rows))


def gather(a, idx):
    s = 0
    for i in range(len(idx)):
        s += a[idx[i]]
    return s


def test_indexes_from_arrays() -> None:
    for char in "bBhilLqQ":
        agree_compiled(gather, lambda char=char: (np.arange(5.0), np.array([0, 4, 2], char)), lambda char=char: (np.arange(5.0), np.array([1, 5], char)))
    agree_compiled(gather, lambda: (np.arange(5.0), np.array([-1, -5])), lambda: (np.arange(5.0), np.array([0, -6])))
    agree(gather, lambda: (np.arange(5.0), np.array([1.0])), lambda: (np.arange(5.0), np.array([True])), lambda: (np.arange(4.0).reshape(2, 2), np.array([1])))


def stencil(x, y):
    for i in range(1, len(x) - 1):
        y[i] = 0.5 * (x[i - 1] + x[i + 1])


def test_loops_with_the_error_in_the_middle() -> None:
    agree_compiled(stencil, lambda: (np.arange(9.0), np.zeros(9)), lambda: (np.arange(9.0), np.zeros(4)), lambda: (np.arange(9.0), np.zeros(0)))


def item_of_tuple(t, i):
    s = 0
    for x in t:
        s += x
    return t[i], s, len(t)


def test_tuples() -> None:
    agree(item_of_tuple, *(lambda t=t, i=i: (t, i) for t in ((1, 2, 3), (1, 2.5), (), (True,), (1, "a")) for i in (0, -1, 2, -3, 5, True, 0.0)))


def test_subscripts_that_are_an_int_or_a_numpy_integer() -> None:
    def follow(a, n, taken):
        k = n
        if taken:
            k = a[0]
        a[k] = 5
        rest, total = a[k:], 0
        for j in range(k):
            total += j
        return (1, 2, 3)[k], range(10)[k], total, rest.sum(), a[k : 9 : k + 1].sum()

    makers = [
        lambda c=c, n=n, t=t: (np.arange(1, 20).astype(c), n, t)
        for c in "lBQ"
        for n in (0, 1, -1, 2, -3, 3, 19, 2**63)
        for t in (False, True)
    ]
    agree_compiled(follow, *makers)
