"""From the best to better neighbours, and anew elsewhere."""

from accel.tuning import Int, Space
from accel.tuning.strategies.pattern import Pattern
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({"tile": Int(0, 99), "unroll": Int(0, 99)})


def test_neighbours_lead_to_the_minimum():
    history, _ = search(Pattern, SPACE, bowl, trials=400)
    assert history.best() == (6, 5)


def test_it_begins_anew_when_no_neighbour_is_better():
    def two_bowls(candidate):
        return min(bowl(candidate), 10.0 + (candidate[0] - 80) ** 2 + (candidate[1] - 80) ** 2)

    found = {search(Pattern, SPACE, two_bowls, trials=1500, seed=seed)[0].best() for seed in range(5)}
    assert found == {(80, 80)}


def test_one_start_measures_the_neighbours_of_one():
    _, steps = search(Pattern, SPACE, bowl, trials=200, starts=1)
    assert len(steps[1]) <= 4 < len(search(Pattern, SPACE, bowl, trials=200, starts=3)[1][1])
