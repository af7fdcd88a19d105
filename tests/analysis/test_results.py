"""How many values a function gives, by its byte code."""

import pytest

from accel.analysis.results import count_results


def pair(x):
    if x:
        return x, 1
    return 2, 3


def unlike(x):
    return (x, 1) if x else 3


def falls_through(x):
    if x:
        return x, 1


def raises(x):
    raise ValueError(x)


def in_loops(x):
    for i in range(x):
        for _ in range(i):
            if i > 3:
                return i, x
        try:
            return x, i
        except ValueError:
            return i, i
    return 0, 0


def named(x):
    both = x, 1
    return both


@pytest.mark.parametrize(
    ("function", "count"),
    [(pair, 2), (unlike, 1), (falls_through, 1), (raises, 1), (in_loops, 2), (named, 1), (lambda x: (x, 1, 2) if x else (1, 2, 3), 3), (lambda: (), 1), (lambda x: (x,), 1)],
)
def test_count(function, count):
    assert count_results(function.__code__) == count
