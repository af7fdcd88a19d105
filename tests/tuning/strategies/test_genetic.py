"""Children of the fastest."""

from accel.tuning import Int, Space
from accel.tuning.strategies.genetic import Genetic
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({name: Int(0, 15) for name in "abcd"})


def test_it_beats_chance():
    best = [bowl(search(Genetic, SPACE, bowl, trials=300, seed=seed)[0].best()) for seed in range(5)]
    assert max(best) < 30.0  # 1 candidate in 150


def test_population_of_ones_own():
    assert len(search(Genetic, SPACE, bowl, trials=300, population=5)[1][0]) == 10
