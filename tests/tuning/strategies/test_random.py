"""Candidates at random, the fastest of them again."""

from accel.tuning import Int, Space
from accel.tuning.strategies.random import RandomSearch
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({"tile": Int(0, 39), "unroll": Int(0, 39)})


def test_some_trials_are_kept_for_the_fastest():
    history, _ = search(RandomSearch, SPACE, bowl, trials=100, noise=0.2)
    again = [c for c, times in history.times_ns.items() if len(times) > 1]
    assert len(history.times_ns) == 80 and history.best() in again
    assert set(again) <= set(sorted(history.times_ns, key=bowl)[:20])


def test_seeds_differ():
    assert search(RandomSearch, SPACE, bowl, trials=30, seed=1)[1] != search(RandomSearch, SPACE, bowl, trials=30, seed=2)[1]


def test_a_space_that_is_used_up_ends_it():
    history, _ = search(RandomSearch, Space({"n": [1, 2, 3]}), bowl, trials=1000)
    assert len(history.times_ns) == 3 and history.count < 20
