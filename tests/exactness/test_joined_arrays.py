"""A name that is an array on one path and its view, or an array of another layout, on another."""

from __future__ import annotations

import gc
import sys

import numpy as np

from tests.exactness.agreement import agree, agree_compiled, decorated


def line():
    return np.arange(8.0)


def summed(a, k):
    b = a
    if k == 1:
        b = a[::2]
    elif k == 2:
        b = a[:]
    elif k == 3:
        b = a[1:]
    total = 0.0
    for i in range(len(b)):
        total += b[i]
    return total, b


def same(a, k):
    """Which of the two objects comes back."""
    b = a
    if k:
        b = a[:]
    return b


def pair(a, k):
    b = a
    if k:
        b = a[:]
    return b, b, a


def test_array_or_view() -> None:
    agree_compiled(summed, *(lambda k=k: (line(), k) for k in range(4)))
    agree_compiled(summed, *(lambda k=k: (np.zeros(0), k) for k in range(4)))
    agree_compiled(summed, *(lambda k=k: (np.arange(9)[::3], k) for k in range(4)))
    agree_compiled(same, lambda: (line(), 0), lambda: (line(), 1))
    agree_compiled(pair, lambda: (line(), 0), lambda: (line(), 1))


def test_identity() -> None:
    made = decorated(same)
    a = line()
    assert made(a, 0) is a
    view = made(a, 1)
    assert view is not a and view.base is a
    first, second, third = decorated(pair)(a, 1)
    assert third is a and first is not a and first.base is a
    assert decorated(pair)(a, 0)[0] is a
    del first, second, third, view


def halved(a):
    total = 0.0
    while len(a) > 0:
        total = total * 2 + a[0]
        a = a[1:] if len(a) % 2 else a[: len(a) // 2]
    return total


def shrunk(a, k):
    while len(a) > k:
        a = a[:-1]
    a[0] = -1.0
    return a


def test_views_of_views_in_a_loop() -> None:
    agree_compiled(halved, lambda: (line(),), lambda: (np.zeros(0),), lambda: (np.arange(9.0)[::-1],))
    agree_compiled(shrunk, *(lambda k=k: (line(), k) for k in (0, 1, 5, 8, 9)))


def writeable(a, b, k):
    c = a[1:] if k else b[1:]
    return c


def stored(a, b, k):
    c = a[1:] if k else b
    c[0] = 5.0
    return c


def read_only():
    made = line()
    made.flags.writeable = False
    return made


def test_one_of_them_is_read_only() -> None:
    agree_compiled(writeable, lambda: (line(), read_only(), True), lambda: (line(), read_only(), False))
    agree_compiled(writeable, lambda: (read_only(), line(), True), lambda: (read_only(), line(), False))
    agree(stored, lambda: (line(), read_only(), True), lambda: (line(), read_only(), False))
    agree(stored, lambda: (read_only(), line(), True), lambda: (read_only(), line(), False))


def left_with(a, k, i):
    b = a
    if k:
        b = a[:]
    x = a[i]
    return x, b, b is a


def test_exits_with_such_a_name() -> None:
    agree(left_with, *(lambda k=k, i=i: (line(), k, i) for k in (0, 1) for i in (0, 20)))


def chosen(a, b, k):
    c = (a[::2], b)[k]
    return c, c[0]


def returned(a, k):
    if k == 0:
        return a
    if k == 1:
        return a[:]
    return a[::2]


def through_call(a, k):
    b = returned(a, k)
    c = returned(b, k)
    return b, c, len(c)


def swapped(a, b, n):
    a, b = a[1:-1], b
    for _ in range(n):
        a, b = b, a
    return a, b


def test_items_results_and_swaps() -> None:
    agree_compiled(chosen, lambda: (line(), line(), 0), lambda: (line(), line(), 1), lambda: (line(), line(), 2))
    agree_compiled(returned, *(lambda k=k: (line(), k) for k in range(3)))
    agree_compiled(through_call, *(lambda k=k: (line(), k) for k in range(3)))
    agree_compiled(swapped, *(lambda n=n: (line(), line(), n) for n in range(4)))


def layouts(a, k):
    b = a
    if k == 1:
        b = a.T
    elif k == 2:
        b = a[:, ::-1]
    total = 0.0
    for i in range(3):
        for j in range(3):
            total = total * 3 + b[i, j]
            b[i, j] = total % 7
    return total, b.shape, b.strides


def test_layouts() -> None:
    agree_compiled(layouts, *(lambda k=k: (np.arange(9.0).reshape(3, 3), k) for k in range(3)))
    agree_compiled(layouts, *(lambda k=k: (np.asfortranarray(np.arange(9.0).reshape(3, 3)), k) for k in range(3)))


def made_anew(a, n):
    best = a
    for i in range(n):
        fresh = a * float(i)
        best = fresh[:] if i % 2 else fresh
        if i % 3 == 2:
            best = best[: len(best) - 1]
    return best


def test_references_are_given_back() -> None:
    agree_compiled(made_anew, *(lambda n=n: (line(), n) for n in range(7)))
    made = decorated(made_anew)
    a = line()
    for n in range(7):
        made(a, n)
    gc.collect()
    before, count = sys.getrefcount(a), sum(type(o) is np.ndarray for o in gc.get_objects())
    for _ in range(50):
        made(a, 6)
    gc.collect()
    assert sys.getrefcount(a) == before
    assert sum(type(o) is np.ndarray for o in gc.get_objects()) == count


def test_views_give_back_their_owner() -> None:
    made = decorated(shrunk)
    a = line()
    made(a, 3)
    before = sys.getrefcount(a)
    for k in (1, 3, 8) * 20:
        made(a, k)
    assert sys.getrefcount(a) == before
