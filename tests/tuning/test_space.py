"""Spaces: which candidates there are, in which order, which lie beside which; what a history tells of them."""

from random import Random

import pytest

from accel.errors import OptionError
from accel.tuning import Choice, History, Int, Space


@pytest.mark.parametrize(
    "domain, values",
    [(Int(1, 4), (1, 2, 3, 4)), (Int(1, 10, step=4), (1, 5, 9)), (Int(8, 100, log=True), (8, 16, 32, 64)), (Int(1, 30, step=3, log=True), (1, 3, 9, 27)),
     (Int(-2, 0), (-2, -1, 0)), (Int(3, 2), ()), (Choice("a", None, 3), ("a", None, 3))],
)  # fmt: skip
def test_values(domain, values):
    assert domain.values == values and domain.is_ordered is isinstance(domain, Int)


def test_texts():
    space = Space({"a": Int(1, 8, log=True), "b": Int(1, 9, step=2), "c": Choice("x"), "d": (3, 4)})
    assert repr(space) == "Space(a=Int(1, 8, log=True), b=Int(1, 9, step=2), c=Choice('x'), d=[3, 4])"


def test_candidates_are_those_the_condition_allows():
    space = Space({"a": [1, 2, 3], "b": [True, False]}, where=lambda b, a: b or a == 2)
    assert list(space) == [(0, 0), (1, 0), (1, 1), (2, 0)] and len(space) == 4 and space.sizes == (3, 2)
    assert (1, 1) in space and (0, 1) not in space and (3, 0) not in space and (0,) not in space and [0, 0] not in space
    assert space.arguments((1, 1)) == {"a": 2, "b": False}


def test_finding_a_candidate_looks_at_types_too():
    space = Space({"a": [1, True, None], "b": [0.0, 0]})
    assert space.find({"a": True, "b": 0}) == (1, 1) and space.find({"a": 1, "b": 0.0}) == (0, 0)
    assert space.find({"a": 1.0, "b": 0}) is None and space.find({"b": 0}) is None and space.find({"a": None, "b": 0.0}) == (2, 0)


def test_the_default():
    domains = {"a": [1, 2, 3], "b": [4, 5]}
    assert Space(domains).default == (0, 0) and Space(domains, default={"a": 3}).default == (2, 0)
    assert Space(domains, where=lambda a, b: a * b == 15).default == (2, 1)
    assert Space(domains, where=lambda a: a > 3).default == () and Space(domains).with_default({"b": 5}).default == (0, 1)


def test_neighbours():
    space = Space({"a": [16, 32, 64], "b": Choice("x", "y", "z")}, where=lambda a, b: (a, b) != (64, "x"))
    assert space.neighbours((1, 0)) == [(0, 0), (1, 1), (1, 2)]
    assert space.neighbours((0, 1), distance=2) == [(2, 1), (0, 0), (0, 2)]
    assert [Space({"a": values}).neighbours((1,)) for values in ([3, 2, 1], [3, 1, 2])] == [[(0,), (2,)], [(0,), (2,)]]
    assert Space({"a": [3, 1, 2]}).neighbours((0,)) == [(1,), (2,)] and Space({"a": [3, 2, 1]}).neighbours((0,)) == [(1,)]


def test_samples_are_different_and_allowed():
    small = Space({"a": range(10), "b": range(10)}, where=lambda a, b: a < b)
    huge = Space({name: range(1000) for name in "abc"}, where=lambda a, b: a < b)
    for space in (small, huge):
        drawn = space.sample(Random(3), 20)
        assert len(set(drawn)) == 20 and all(c in space for c in drawn) and drawn == space.sample(Random(3), 20)
    assert len(small.sample(Random(0), 100)) == 45 and small.sample(Random(0), 0) == [] and len(huge) == 10**9


def test_history():
    history = History()
    for candidate, times in {(0,): (5.0, 3.0, 9.0), (1,): (4.0,), (2,): (1.0,)}.items():
        for time in times:
            history.add(candidate, time)
    history.fail((2,), "raised ValueError")
    assert history.best() == (1,) and history.ranked() == [(1,), (0,)] and history.ranked([(0,), (2,), (3,)]) == [(0,)]
    assert history.time_ns((0,)) == 5.0 and history.time_ns((2,)) == history.time_ns((3,)) == float("inf")
    assert history.count == 6 and history.is_new((3,)) and not history.is_new((2,)) and history.failures == {(2,): "raised ValueError"}


@pytest.mark.parametrize(
    ("arguments", "options"), [((0, 8), {"log": True}), ((-4, 8), {"log": True}), ((1, 8), {"log": True, "step": 1}), ((1, 8), {"step": 0}), ((1.5, 8), {}), ((1, "8"), {})]
)
def test_ranges_that_make_no_sense_are_refused(arguments, options):
    with pytest.raises(OptionError, match=r"`Int\(.*is no range of whole numbers \[option-value\]"):
        Int(*arguments, **options)
