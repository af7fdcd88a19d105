"""Builtins with keywords, `isinstance`, attributes and methods of numbers, ranges, tuples by constant subscripts."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from tests.exactness.agreement import agree, agree_compiled

EDGES = (0.0, -0.0, 1.5, -2.0, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"))
INTS = (0, 1, -1, 5, 2**62, 2**63 - 1, -(2**63), True)


def closeness(a, b, r, t):
    return (
        math.isclose(a, b), math.isclose(a, b, rel_tol=r), math.isclose(a, b, abs_tol=t), math.isclose(b=a, a=b, abs_tol=t, rel_tol=r),
        cmath.isclose(a, b, rel_tol=r), cmath.isclose(complex(a, b), b, abs_tol=t),
    )  # fmt: skip


def test_tolerances() -> None:
    rows = [(a, b, r, t) for a in EDGES for b in (1.5, float("inf"), -0.0) for r, t in ((0.1, 0.5), (float("nan"), 0), (0, float("inf")))]
    agree_compiled(closeness, *(lambda row=row: row for row in rows))
    agree_compiled(closeness, lambda: (1.0, 2.0, -0.5, 0.0), lambda: (1.0, 2.0, 0.5, -1.0), lambda: (1.0, 2.0, -0.0, -0.0))
    agree(closeness, lambda: (np.float64(1.0), np.float32(1.5), np.float64(0.5), 1))


def misplaced(k, a, b):
    if k == 0:
        return math.isclose(a, b, 0.5)
    if k == 1:
        return round(a, digits=2)
    if k == 2:
        return pow(a, b, base=2)
    if k == 3:
        return sum((a, b), begin=1)
    if k == 4:
        return float(x=a)
    if k == 5:
        return math.prod((a, b), 2)
    if k == 6:
        return complex(a, real=b)
    return abs(x=a)


@pytest.mark.parametrize("k", range(8))
def test_calls_that_do_not_fit(k: int) -> None:
    agree(misplaced, lambda: (k, 1.5, 2.0), lambda: (k, 3, 2))


def keyworded(a, b):
    return (
        round(number=a), round(a, ndigits=1), round(ndigits=1, number=a), sum((a, b), start=a), pow(base=a, exp=2), pow(exp=2, base=a),
        complex(real=a, imag=b), complex(imag=b), complex(a, imag=b), math.prod((a, b), start=2), math.prod((a, b), start=b),
    )  # fmt: skip


def modular(a, b, m):
    return pow(a, b, mod=m), pow(base=a, exp=b, mod=m), pow(mod=m, exp=b, base=a)


def test_keywords() -> None:
    rows = [(a, b) for a in (1.25, -3, 7.0, True) for b in (2.5, 3, -0.0)]
    agree_compiled(keyworded, *(lambda row=row: row for row in rows))
    agree(keyworded, lambda: (float("nan"), 1.0), lambda: (float("inf"), 2))
    agree_compiled(modular, lambda: (7, 3, 5), lambda: (7, -1, 5), lambda: (7, 3, 0), lambda: (2**40, 2**40, 97))


def classes(x):
    return (
        isinstance(x, int), isinstance(x, (int, float)), isinstance(x, (bool, (complex, tuple))), isinstance(x, object),
        isinstance(x, float), isinstance(x, type(None)), isinstance(x, (np.floating, np.integer)), isinstance(x, np.generic),
        isinstance(x, np.float64), isinstance(x, np.ndarray), isinstance(x, str), type(x) is float, type(x) is int, type(x) is bool,
    )  # fmt: skip


def test_isinstance() -> None:
    for x in (1, True, 2.5, 1j, None, (1, 2), np.float64(1), np.float32(1), np.int64(1), np.bool_(True), np.longlong(1)):
        agree_compiled(classes, lambda x=x: (x,))
    agree_compiled(classes, lambda: (np.zeros(2),))
    agree(classes, lambda: ("text",), lambda: ([1],))


def by_class(n, k):
    x = n if k == 0 else n + 0.5
    if k == 2:
        x = None
    if isinstance(x, int):
        return x * 3
    return -1 if isinstance(x, (float, complex)) else isinstance(x, (int, type(None)))


def test_isinstance_of_several_kinds() -> None:
    agree_compiled(by_class, *(lambda k=k: (7, k) for k in range(3)))


class Odd(type):
    def __instancecheck__(cls, x):
        return x > 3


class Weird(metaclass=Odd):
    pass


def weird(x):
    return isinstance(x, Weird), isinstance(x, (int, Weird))


def test_classes_that_answer_themselves() -> None:
    agree(weird, lambda: (2,), lambda: (5,))


def folded(a, flag):
    out = None
    if flag:
        out = a
    if a is None:
        return 0
    return a + 1 if out is None else a


def test_tests_of_none_are_known() -> None:
    agree_compiled(folded, lambda: (1, True), lambda: (1, False))
    agree_compiled(folded, lambda: (None, True))


def of_float(x):
    return x.real, x.imag, x.conjugate(), x.is_integer()


def of_int(n):
    return n.real, n.imag, n.numerator, n.denominator, n.conjugate(), n.bit_length(), n.bit_count()


def of_complex(z):
    return z.real, z.imag, z.conjugate(), abs(z)


def of_scalar(x):
    return x.real, x.imag, x.conjugate(), x.conj(), x.item(), x.ndim, x.size, x.shape, x.itemsize, x.nbytes


def is_whole(x):
    return x.is_integer()


def test_members_of_numbers() -> None:
    agree_compiled(of_float, *(lambda x=x: (x,) for x in EDGES))
    agree_compiled(of_int, *(lambda n=n: (n,) for n in INTS))
    agree_compiled(of_complex, *(lambda z=z: (complex(z, -z),) for z in EDGES))
    for x in (-3, 2.5):
        agree(is_whole, lambda x=x: (x,))


def test_members_of_numpy_scalars() -> None:
    for char in "bBhHiIlLqQefdFD?":
        agree_compiled(of_scalar, lambda char=char: (np.dtype(char).type(1),), lambda char=char: (np.array(-1).astype(char)[()],))
    agree_compiled(of_scalar, lambda: (np.uint64(2**64 - 1),), lambda: (np.uint64(5),))
    agree_compiled(of_scalar, lambda: (np.float16("nan"),), lambda: (np.float16(6e-8),))
    for char in "bBlLefd":
        agree(is_whole, lambda char=char: (np.dtype(char).type(3),), lambda char=char: (np.array(2.5).astype(char)[()],))


def not_there(k, x):
    if k == 0:
        return x.bit_length()
    if k == 1:
        return x.missing
    if k == 2:
        return x.conjugate(1)
    return x.conj()


@pytest.mark.parametrize("k", range(4))
def test_members_that_are_not_there(k: int) -> None:
    agree(not_there, lambda: (k, 2.5), lambda: (k, 2), lambda: (k, 1j))


def ranges(a, b, c, i):
    r = range(a, b, c)
    backwards = 0
    for k in reversed(r):
        backwards = backwards * 10 + k
    return r.start, r.stop, r.step, len(r), i in r, i not in r, True in r, backwards, r[i]


def test_ranges() -> None:
    rows = [(0, 10, 3, 2), (0, 10, 3, 9), (10, 0, -3, 1), (10, 0, -3, -1), (5, 5, 1, 0), (0, 4, 1, -4), (0, 4, 1, -5), (0, 4, 0, 1)]
    rows += [(-(2**62), 2**62, 2**61, 3), (0, 5, 2**63 - 1, 0), (0, -5, -(2**63), 0), (2**63 - 1, -(2**63), -(2**61), 2)]
    agree_compiled(ranges, *(lambda row=row: row for row in rows))


def far_member(n, start, stop, step):
    return n in range(start, stop, step), n not in range(start, stop, step)


def test_members_of_long_ranges() -> None:
    big = 2**63 - 1
    rows = [(n, a, b, c) for n in (0, 3, big, -big - 1) for a, b in ((-big - 1, big), (big, -big - 1)) for c in (1, -1, 7, -7, big, -big - 1)]
    agree_compiled(far_member, *(lambda row=row: row for row in rows))


def zipped(a, t, n):
    total = 0.0
    for x, y in zip(a, t, strict=True):
        total = total * 2 + x * y
    for i, (x, k) in enumerate(zip(a, range(n), strict=True), start=3):
        total += i * x * k
    for x, y in zip(a, t, strict=False):
        total += x
    return total


def test_zip_strict() -> None:
    makers = [lambda m=m, k=k: (np.arange(float(m)), (1, 2, 3), k) for m in (2, 3, 4) for k in (2, 3, 4)]
    agree_compiled(zipped, *makers)


def parts(t):
    a, b = t[0], t[-1]
    return a, b, t[1], t[1:], t[:-1], t[::-1], t[::2], t[5:], t[-2:][0]


def outside_tuple(t):
    return t[7]


def test_constant_subscripts_of_tuples() -> None:
    agree_compiled(parts, lambda: ((1, (2.5, True), 3j),), lambda: ((1, 2, 3, 4),))
    agree_compiled(parts, lambda: ((np.arange(3), None, np.float32(2)),))
    agree(outside_tuple, lambda: ((1, 2),), lambda: ((1, 2.5, None),))


def dots(a, i):
    b = a[..., 0]
    c = a[i, ...]
    d = a[..., 1:]
    e = a[0, ..., ::2]
    a[...] = 2.0
    a[..., -1] = i
    return b, c, d, e, a[...]


def dotted_element(a, i):
    return a[i, i, ...], a[..., i, i]


def too_many_dots(a):
    return a[..., 0, ...]


def test_ellipsis() -> None:
    agree_compiled(dots, lambda: (np.arange(12.0).reshape(3, 4), 1), lambda: (np.arange(12.0).reshape(3, 4), 9))
    agree_compiled(dots, lambda: (np.arange(24.0).reshape(2, 3, 4), -1), lambda: (np.arange(24.0).reshape(2, 3, 4)[:, ::-1], 0))
    agree_compiled(dotted_element, lambda: (np.eye(3), 1), lambda: (np.eye(3), 5))
    agree(too_many_dots, lambda: (np.eye(3),))


def typed_like(a):
    b = np.zeros(3, a.dtype)
    return b, a.dtype == np.float64, a.dtype == float, a.dtype != np.dtype("i4"), np.ones(2, dtype=a.dtype), a.strides


def own_dtype(a):
    return a.dtype


def test_dtype() -> None:
    for char in "dfilD?":
        agree(typed_like, lambda char=char: (np.zeros((2, 3), char),), lambda char=char: (np.zeros((4, 3), char)[::2],))
    with_metadata = np.dtype("d", metadata={"a": 1})
    plain = np.zeros(2)
    special = np.zeros(2, with_metadata)
    agree(own_dtype, lambda: (plain,), lambda: (special,))


def builtins_of_arrays(a):
    return abs(a), sum(a), min(a), max(a), sum(a, 1.5), divmod(a, 2), a.real, a.imag, a.conjugate(), a.item(1)


def reshaped(a, n):
    return a.reshape(3, 2), a.reshape((2, 3)), a.reshape(-1), a.reshape(n, 2), a.reshape(2, -1)


def test_builtins_of_arrays() -> None:
    agree_compiled(builtins_of_arrays, lambda: (np.array([1.0, -2.0, 3.0]),), lambda: (np.array([1, -2], "i4"),))
    agree(builtins_of_arrays, lambda: (np.zeros(0),), lambda: (np.array([1j, 2]),), lambda: (np.zeros((2, 2)),))
    agree(reshaped, lambda: (np.arange(6.0), 3), lambda: (np.arange(6).reshape(2, 3), 3), lambda: (np.arange(6.0), 4), lambda: (np.arange(12)[::2], 3))


def far_constant(n):
    if n > 0:
        n = n + 1
    total = n + 0xFFFF_FFFF_FFFF_FFFF_FFFF
    return total % 1000, n < 2**70, -(2**64) < n


def test_constants_beyond_64_bits() -> None:
    agree_compiled(far_constant, lambda: (5,), lambda: (-5,), lambda: (2**62,))


def of_texts(x, k):
    if k == 1:
        return float("hello")
    if k == 2:
        return int("9" * 30) + int("999999999999999999999")
    if k == 3:
        return int("1.5")
    if k == 4:
        return float("inf", "nan")
    if k == 5:
        return int("12", 3)
    return x + float("inf"), float("nan"), -float("-Infinity"), int("-0012"), int("12") // 5


def test_numbers_of_texts() -> None:
    agree_compiled(of_texts, *[lambda k=k: (1.5, k) for k in (0, 0, 1, 2, 3, 4, 5)])


def own_class(x, n):
    return type(x), isinstance(n + x, type(n))


def test_classes_as_values() -> None:
    agree(own_class, lambda: (1, 2), lambda: (2.5, 2**63 - 1), lambda: (1, 2**63 - 1), lambda: (np.float32(1), 2))


def unpacked(p, q):
    total = 0.0
    for x, y in p:
        total = total * 2 + x * y
    for i, (x, y) in enumerate(p):
        total += i * x - y
    a, b = q
    (c, d), e = p[0], p[1:][0]
    return total, a, b, c, d, e


def test_unpacking_of_arrays() -> None:
    agree_compiled(unpacked, lambda: (np.arange(6.0).reshape(3, 2), np.arange(2)), lambda: (np.arange(12)[::2].reshape(3, 2).T.T, np.eye(2)))
    agree_compiled(unpacked, lambda: (np.arange(6.0).reshape(3, 2), np.arange(3)), lambda: (np.arange(6.0).reshape(3, 2), np.arange(1)))
    agree_compiled(unpacked, lambda: (np.arange(6.0).reshape(2, 3), np.arange(2)), lambda: (np.zeros((0, 2)), np.arange(2)))
    agree_compiled(unpacked, lambda: (np.arange(3.0).reshape(3, 1), np.arange(2)))


def swapped_rows(p, i, j):
    x, y = p[i], p[j]
    p[i, 0], p[j, 1] = p[j]
    return x, y, p


def test_rows_swapped() -> None:
    agree_compiled(swapped_rows, lambda: (np.arange(6.0).reshape(3, 2), 0, 2), lambda: (np.arange(6.0).reshape(3, 2), 0, 5))
    agree_compiled(swapped_rows, lambda: (np.arange(9.0).reshape(3, 3), 0, 2))


def starred(t, u, n):
    joined = (*t, n, *u)
    return joined, (*t,), (n, *t)[1:], n * n


def test_starred_elements() -> None:
    agree_compiled(starred, lambda: ((1, 2.5), (), 3), lambda: ((None,), (1, (2, 3)), 2**62))
    agree(starred, lambda: (np.arange(3), (), 3), lambda: ([1], (2,), 3), lambda: (5, (), 1))


def contains(a, x):
    return x in a, x not in a, a.dtype.itemsize, a.dtype.kind == "f"


def test_membership_in_arrays() -> None:
    agree(contains, lambda: (np.arange(4), 3), lambda: (np.arange(4.0), 2.5), lambda: (np.array([1.0, np.nan]), float("nan")))
    agree(contains, lambda: (np.zeros((2, 2)), 0), lambda: (np.array(3), 3))


def starred_counters(n, t):
    i, j = 0, 0
    while i < 4:
        i, j = (*t, i + 1) if n else (i + 1, j)
        if j > 3:
            return i, j
    return i, j


def test_starred_elements_are_no_counters() -> None:
    agree(starred_counters, lambda: (0, (2**62,)), lambda: (1, (2**63 - 1,)), lambda: (1, (4,)))


def inverted(n, b):
    if n > 2:
        n = n + ~b
    return n, sum((n, 2**70))


def test_what_cpython_warns_of() -> None:
    agree_compiled(inverted, lambda: (1, True), lambda: (5, False), lambda: (5, 3))
