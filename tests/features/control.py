"""Loops, branches, exceptions."""

import math

import numpy as np

from tests.features.row import Section

branches = Section("Branches and loops")
exceptions = Section("Exceptions")
unpacking = Section("Assignment")


@unpacking.row("packing, unpacking, swapping, several targets", (1, 2.5))
def packing(a, b):
    a, b = b, a
    c = d = a + b
    (e, f), g = (a, b), c
    return a, b, c, d, e, f, g


@unpacking.row("starred targets", ((1, 2, 3, 4),))
def starred(t):
    a, *b, c = t
    return a, c


@unpacking.row("starred elements of a tuple", ((1, 2), 3))
def starred_elements(t, x):
    return (*t, x, *t)


@unpacking.row("rows of an array unpacked", lambda: (np.arange(6.0).reshape(3, 2),))
def unpacked_rows(p):
    total = 0.0
    for x, y in p:
        total += x * y
    a, b = p[0]
    return total, a, b


@unpacking.row("annotated assignment", (3,))
def annotated(n):
    x: int = n + 1
    y: float
    return x


@unpacking.row("`del` of a local name", (3,))
def delete(n):
    x = n
    del x
    return n


@unpacking.row("unbound names raise CPython's error", (3,), (-3,))
def unbound(n):
    if n > 0:
        x = n
    return x


@unpacking.row("tuples: slices, joining", ((1, 2, 3),))
def tuple_slices(t):
    return t[1:], t[::-1], t + (4,), t[:-1]


@unpacking.row("tuple.index, tuple.count", ((1, 2, 1),))
def tuple_methods(t):
    return t.index(2), t.count(1)


@branches.row("if, elif, else", (3,), (-3,), (0,))
def if_(x):
    if x > 0:
        return 1
    elif x < 0:
        return -1
    else:
        return 0


@branches.row("`for` over range, with a step of any sign", (10,))
def for_range(n):
    total = 0
    for i in range(n):
        total += i
    for i in range(2, n, 3):
        total += i
    for i in range(n, 0, -2):
        total -= i
    return total


@branches.row("`for` over an array", lambda: (np.arange(5.0),))
def for_array(a):
    total = 0.0
    for x in a:
        total += x
    return total


@branches.row("`for` over the rows of an array", lambda: (np.arange(6.0).reshape(2, 3),))
def for_rows(a):
    total = 0.0
    for row in a:
        total += row[0] * row[2]
    return total


@branches.row("`for` over a tuple, of mixed kinds too", (3, 2.5))
def for_tuple(a, b):
    total = 0
    for x in (a, b, 1):
        total += x
    return total


@branches.row("enumerate, zip", lambda: (np.arange(5.0), (1, 2, 3)))
def enumerate_zip(a, t):
    total = 0.0
    for i, x in enumerate(a):
        total += i * x
    for x, y in zip(a, t):
        total += x * y
    for i, (x, y) in enumerate(zip(a, t), 1):
        total += i * x * y
    return total


@branches.row("enumerate with `start=`, zip with `strict=`", lambda: (np.arange(3.0), (1, 2, 3)), lambda: (np.arange(4.0), (1, 2, 3)))
def enumerate_keywords(a, t):
    total = 0.0
    for i, x in enumerate(a, start=2):
        total += i * x
    for x, y in zip(a, t, strict=True):
        total += x * y
    return total


@branches.row("reversed of a range, a tuple, an array", lambda: (np.arange(5.0), (1, 2, 3)))
def reversed_(a, t):
    total = 0.0
    for i in reversed(range(4)):
        total = total * 2 + i
    for x in reversed(t):
        total = total * 2 + x
    return total


@branches.row("while, break, continue, `else` on loops", (10,), (3,))
def while_(n):
    i = 0
    while i < n:
        i += 1
        if i == 2:
            continue
        if i == 5:
            break
    else:
        i += 100
    for j in range(n):
        if j == 7:
            break
    else:
        i += 1000
    return i


@branches.row("early return out of nested loops", (10,))
def early(n):
    for i in range(n):
        for j in range(n):
            if i * j == 6:
                return i, j
    return None


@branches.row("range objects as values", (5,))
def range_value(n):
    r = range(n)
    total = 0
    for i in r:
        total += i
    return total + len(r) + r[2]


@branches.row("attributes of a range, `in` a range", (5,))
def range_attributes(n):
    r = range(1, n, 2)
    return r.start, r.stop, r.step, 3 in r


@branches.row("`match` on numbers", (1,), (5,))
def match_(n):
    match n:
        case 0 | 1:
            return 10
        case 2:
            return 20
        case _:
            return 30


@exceptions.row("assert", (3,), (-3,))
def assert_(n):
    assert n > 0, "n must be positive"
    return n


@exceptions.row("raise, of own classes too", (3,), (-3,))
def raise_(n):
    if n < 0:
        raise ValueError(f"{n} is negative")
    return n * 2


@exceptions.row("raise from", (3,), (-3,))
def raise_from(n):
    if n < 0:
        raise ValueError("negative") from KeyError("n")
    return n * 2


@exceptions.row("try, except, else, finally", (4, 2), (4, 0))
def try_(a, b):
    total = 0
    try:
        total = a // b
    except ZeroDivisionError:
        total = -1
    else:
        total += 10
    finally:
        total += 100
    return total


@exceptions.row("`except` with a name, several classes, a bare one", (4, 2), (4, 0))
def except_(a, b):
    try:
        c = a / b
    except (ZeroDivisionError, ValueError) as error:
        return str(error)
    except:  # noqa: E722
        raise
    return c


@exceptions.row("return, break and continue through `finally`", (5,))
def finally_(n):
    total = 0
    for i in range(n):
        try:
            if i == 1:
                continue
            if i == 3:
                break
        finally:
            total += i
    return total


@exceptions.row("`try` in a loop, nothing raised", (5,))
def try_loop(n):
    total = 0
    for i in range(1, n):
        try:
            total += 100 // i
        except ZeroDivisionError:
            total -= 1
    return total


@exceptions.row("errors of what it calls", (4.0,), (-4.0,))
def callee_error(x):
    try:
        return math.sqrt(x)
    except ValueError:
        return -1.0
