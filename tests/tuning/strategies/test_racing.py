"""The better part goes on, and is measured more often."""

from accel.tuning import Choice, Int, Space
from accel.tuning.strategies.racing import Racing
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({"tile": Int(0, 49), "unroll": Int(0, 19), "algorithm": Choice("a", "b", "c")})


def test_trials_go_to_what_is_fast():
    history, steps = search(Racing, SPACE, bowl, trials=200, noise=0.1)
    assert len(steps[0]) == 40 and history.count <= 200
    often = {c for c, times in history.times_ns.items() if len(times) >= 3}
    assert history.best() in often and len(often) <= 12
    assert max(map(bowl, often)) < sorted(map(bowl, SPACE))[len(SPACE) // 50]


def test_nearly_the_best_from_a_fifteenth_of_the_candidates():  # 24.0 is the best there is
    best = [bowl(search(Racing, SPACE, bowl, trials=200, seed=seed, noise=0.05)[0].best()) for seed in range(10)]
    assert sorted(best)[8] <= 26.0 and bowl(SPACE.default) > 70.0


def test_share_of_the_broad_sample():
    assert len(search(Racing, SPACE, bowl, trials=100, first=0.5)[1][0]) == 50
