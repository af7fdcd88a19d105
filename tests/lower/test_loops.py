"""`for` loops: what each iterates over, with counters at their limits."""

import itertools

import numpy
import pytest

from tests.exactness.agreement import agree, agree_compiled

BIG = 2**63 - 1
RANGES = [(0, 5, 1), (5, 0, -1), (0, 0, 1), (3, 1, 1), (0, 10, 3), (10, 0, -4), (BIG - 3, BIG, 1), (BIG - 3, BIG, 2), (BIG - 3, BIG, BIG),
          (-BIG - 1, -BIG + 2, 1), (-BIG, -BIG - 1, -1), (-BIG - 1, BIG, BIG), (BIG, -BIG - 1, -BIG), (0, 1, -BIG - 1)]  # fmt: skip


def ranged(start, stop, step):
    seen, last = 0, None
    for i in range(start, stop, step):
        seen += 1
        last = i
        if seen > 9:
            break
    return seen, last, len(range(0, 7, 2))


def contained(x, start, stop, step):
    return x in range(start, stop, step), x not in range(start, stop, step)


@pytest.mark.parametrize("bounds", RANGES)
def test_ranges(bounds):
    agree_compiled(ranged, lambda: bounds)


def test_a_range_without_step():
    agree(ranged, lambda: (0, 5, 0))


def test_members_of_ranges():
    cases = [(x, *bounds) for bounds in RANGES for x in (0, 1, 3, -1, bounds[0], bounds[1], BIG)]
    agree(contained, *[lambda c=c: c for c in cases])


def enumerated(a, start):
    s = 0
    for i, x in enumerate(a, start):
        s += i * int(x)
    return s, i


def zipped(a, b, t):
    s = 0.0
    for x, y, z in zip(a, b, t):
        s += x * y - z
    return s


def nested(a):
    s = 0.0
    for row in a:
        for x in row:
            s = s * 0.5 + x
        row[0] = s
    return s


def over_tuple(t):
    last = None
    for x in t:
        last = x
    return last


def reversed_range(n):
    out = 0
    for i in range(n)[::-1]:
        out = out * 10 + i
    return out


def test_enumerate():
    agree_compiled(enumerated, *[lambda s=s: (numpy.arange(4.0), s) for s in (0, -2, 2**62, 2**63 - 3)])
    agree(enumerated, lambda: (numpy.zeros(0), 0))


def test_zip_ends_with_the_shortest():
    lengths = list(itertools.product((0, 2, 4), repeat=2))
    agree_compiled(zipped, *[lambda m=m, n=n: (numpy.arange(float(m)), numpy.arange(float(n)), (1.0, 2.0, 3.0)) for m, n in lengths])


def test_rows_are_views():
    agree_compiled(nested, lambda: (numpy.arange(6.0).reshape(2, 3),), lambda: (numpy.arange(6.0).reshape(3, 2).T,), lambda: (numpy.zeros((0, 2)),))
    agree(nested, lambda: (numpy.array(3.0),))


def test_tuples_of_one_kind_and_of_several():
    agree(over_tuple, lambda: ((1, 2, 3),), lambda: ((1, 2.5, None),), lambda: ((),))


def test_a_range_read_from_its_end():
    agree(reversed_range, *[lambda n=n: (n,) for n in (0, 1, 5)])
