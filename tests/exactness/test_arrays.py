"""Arrays of every dtype and layout, read-only, strided, without dimensions or items, byte-swapped, overlapping."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from tests.differential.makers import Array, readonly, spaced, swapped, turned, unaligned
from tests.exactness.agreement import agree, agree_compiled, decorated

DTYPES = "?bBhHiIlLqQefdFD"


def scaled(a, n):
    s = 0
    for i in range(len(a)):
        s = s + a[i]
        a[i] = a[i] + a[i]
    return s, a.shape, a.ndim, a.size, len(a)


@pytest.mark.parametrize("char", DTYPES)
@pytest.mark.parametrize("layout", [np.array, spaced, turned, readonly, swapped, unaligned], ids=lambda f: f.__name__)
def test_every_dtype_and_layout(char: str, layout: Callable) -> None:
    agree(scaled, lambda: (layout(np.arange(5).astype(char)), 1), lambda: (layout(np.zeros(0, char)), 1))


def test_common_layouts_run_compiled() -> None:
    for layout in (np.array, spaced, turned):
        agree_compiled(scaled, lambda layout=layout: (layout(np.arange(5.0)), 1))


STRANGE = {
    "no dimensions": lambda: np.array(2.0),
    "empty": lambda: np.zeros(0),
    "matrix": lambda: np.arange(6.0).reshape(2, 3),
    "broadcast": lambda: np.broadcast_to(np.arange(1.0), 4),
    "subclass": lambda: np.arange(3.0).view(Array),
    "masked": lambda: np.ma.masked_array([1.0, 2.0], [0, 1]),
    "np.matrix-like": lambda: np.arange(4.0).reshape(2, 2)[::-1, ::-1],
    "objects": lambda: np.array([1, None, 2.5], "O"),
    "texts": lambda: np.array(["a", "b"]),
    "dates": lambda: np.array([1, 2], "M8[s]"),
    "spans": lambda: np.array([1, 2], "m8[s]"),
    "records": lambda: np.zeros(2, [("x", "f8"), ("y", "i4")]),
    "long doubles": lambda: np.arange(3, dtype="g"),
    "shared memory": lambda: np.frombuffer(bytearray(24)),
    "bytes": lambda: np.frombuffer(b"12345678"),
    "list": lambda: [1, 2, 3],
    "range": lambda: range(3),
    "memoryview": lambda: memoryview(bytearray(b"abc")),
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_arrays(name: str) -> None:
    agree(scaled, lambda: (STRANGE[name](), 1))


def halfway(a, b, n):
    for i in range(n):
        a[i] = 1.0
        b[i] = 2.0


def test_stores_before_an_error_stay() -> None:
    agree_compiled(halfway, lambda: (np.zeros(5), np.zeros(5), 5), lambda: (np.zeros(5), np.zeros(3), 5), lambda: (np.zeros(5), readonly(np.zeros(5)), 5),
                   lambda: (np.zeros(2), np.zeros(9), 4))  # fmt: skip


def copies(x, y):
    for i in range(len(x)):
        y[i] = x[i] * 2 + 1
    return x[0]


def memory(count: int = 9) -> np.ndarray:
    return np.arange(float(count))


def shifted(m: np.ndarray) -> tuple:
    return m[:-1], m[1:]


def test_arguments_that_overlap() -> None:
    agree_compiled(copies, lambda: (memory(), memory()), lambda: shifted(memory()), lambda: shifted(memory())[::-1], lambda: (lambda m: (m, m))(memory()),
                   lambda: (lambda m: (m, m[::-1]))(memory()), lambda: (lambda m: (m, m.view("l")))(memory()))  # fmt: skip


def slices(a):
    a[1:] = a[:-1]
    a[::-1] = a
    a[:-1] += a[1:]
    a += a[::-1]
    a[2:4] = 7
    return a


def test_slices_that_overlap() -> None:
    agree(slices, lambda: (memory(),), lambda: (np.arange(7),), lambda: (np.zeros(1),), lambda: (np.zeros(0),), lambda: (turned(memory()),))


def whole(a, b):
    c = a * b + 1
    d = np.sqrt(abs(a)) - b
    return c, d, c.sum(), a > b, a.T, c.mean()


def test_whole_array_arithmetic() -> None:
    rows = [(memory(), 2), (memory(), memory()), (np.arange(6).reshape(2, 3), np.arange(3)), (memory(), np.arange(4.0)), (np.arange(3, dtype="b"), 100)]
    rows += [(np.zeros(0), 1.5), (np.array([1e308, -1.0]), 10), (np.arange(40, dtype="f"), np.float64(0.1)), (np.array(3.0), 2)]
    agree(whole, *(lambda a=a, b=b: (np.array(a), np.array(b) if isinstance(b, np.ndarray) else b) for a, b in rows))


def reduced(a):
    return a.sum(), a.prod(), a.min(), a.max(), a.any(), a.all(), a.mean(), np.sum(a), a.argmax()


@pytest.mark.parametrize("char", DTYPES)
def test_reductions(char: str) -> None:
    agree(reduced, lambda: ((np.arange(100) % 7).astype(char),), lambda: (np.zeros(0, char),), lambda: (np.ones((3, 4), char).T,))


def made_inside(n):
    a = np.zeros(n)
    b = np.empty(n, np.int32)
    for i in range(n):
        a[i] = i * 0.5
        b[i] = i
    return a, b, np.ones((n, 2)), np.arange(n), a[::2]


def test_arrays_made_inside() -> None:
    agree(made_inside, lambda: (4,), lambda: (0,), lambda: (-1,), lambda: (True,), lambda: (2.0,))


def handed_back(a, c):
    if c:
        return a
    return a[:], a


def test_identity_of_returned_arguments() -> None:
    made = decorated(handed_back)
    a = memory()
    for _ in range(3):
        assert made(a, True) is a
        view, same = made(a, False)
        assert same is a and view is not a and view.base is a
    before = sys.getrefcount(a)
    for _ in range(100):
        made(a, True)
    assert sys.getrefcount(a) == before


def iterated(a):
    s = 0
    for x in a:
        s = s + x
    for i, x in enumerate(a):
        s = s + i * x
    for x, y in zip(a, a[1:]):
        s = s + x * y
    return s


def test_iteration() -> None:
    for make in (memory, lambda: np.arange(4), lambda: np.arange(6.0).reshape(3, 2), lambda: np.array(1.0), lambda: np.zeros(0), lambda: (1, 2.5), lambda: turned(memory())):
        agree(iterated, lambda make=make: (make(),))


def grows(a):
    for x in a:
        a[1] = 50
        if x > 40:
            return x
    return None


def test_stores_are_seen_by_the_iteration_under_way() -> None:
    agree(grows, lambda: (memory(),), lambda: ([1, 2, 3],), lambda: (np.arange(3),))


def stores_a_wide_int(a):
    a[1] = 18446744073709551615
    a[0] = 99999999999999999999999
    return a[1]


def test_stores_of_ints_beyond_64_bits() -> None:
    agree(stores_a_wide_int, lambda: (np.zeros(3),), lambda: (np.zeros(3, np.uint64),), lambda: (np.zeros(3, np.int64),))
