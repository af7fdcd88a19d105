"""Real calls are the measurements: most of them run what is fast."""

import pytest

from accel.tuning import Choice, Int, Space
from accel.tuning.strategies.bandit import Bandit
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({"tile": Int(0, 19), "unroll": Int(0, 19)})


@pytest.mark.slow
def test_the_calls_together_take_little_longer_than_with_the_fastest():
    history, steps = search(Bandit, SPACE, bowl, trials=2000, noise=0.1)
    assert all(len(step) == 1 for step in steps)
    spent = sum(sum(times) for times in history.times_ns.values())
    assert bowl(history.best()) < 25.0
    assert spent < 1.6 * 2000 * 20.0 < 2000 * bowl((19, 19))


def test_slow_candidates_are_rare():
    history, _ = search(Bandit, Space({"algorithm": Choice("a", "b", "c")}), lambda c: (30.0, 10.0, 20.0)[c[0]], trials=300, noise=0.1)
    counts = {c: len(times) for c, times in history.times_ns.items()}
    assert counts[(1,)] > 280 and counts[(0,)] < 10


def test_it_asks_no_more_when_there_is_nothing_to_decide():
    assert search(Bandit, Space({"n": [1]}), bowl, trials=1000)[0].count == 2


def test_eager_ones_look_at_more():
    few, many = (search(Bandit, SPACE, bowl, trials=300, growth=growth)[0] for growth in (0.4, 0.9))
    assert len(few.times_ns) < len(many.times_ns)
